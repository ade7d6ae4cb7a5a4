#include "score/detail/grpc_lane.h"

#include <gtest/gtest.h>

#include "score/detail/grpc_inference.h"
#include "score/detail/grpc_service.h"
#include "score/test_repository_test.h"

namespace edgewise::score::detail {
namespace {

class GrpcLaneTest : public testing::Test {
 protected:
  GrpcLaneTest() { grpc_init(); }
  ~GrpcLaneTest() override { grpc_shutdown(); }

  TestRepository repository_;
  GrpcServer::Options options_;
};

/// Counts those of its kind that are there, and those that were posted.
class CountedSlot final : public GrpcSlot {
 public:
  CountedSlot(GrpcLane& lane, std::size_t& there, std::vector<GrpcSlot*>& posted) : GrpcSlot(lane), there_(there), posted_(posted) {
    ++there_;
  }
  ~CountedSlot() override { --there_; }
  void Post() override { posted_.push_back(this); }
  void Happen(bool /*ok*/) override {}

 private:
  void End() override {}

  std::size_t& there_;
  std::vector<GrpcSlot*>& posted_;
};

TEST_F(GrpcLaneTest, KeepsFewOfTheSlotsThatAFloodTook) {
  constexpr std::size_t kCalls = 1000;
  GrpcService service(repository_, options_);
  SideThread side;
  ColdBytes cold(0);
  GrpcShared shared{repository_, options_, service, side, cold};
  GrpcLane lane(shared, 0);
  std::size_t there = 0;
  std::vector<GrpcSlot*> posted;
  {
    GrpcSlots slots(2, [&] { return std::make_unique<CountedSlot>(lane, there, posted); });
    slots.Fill();
    for (int round = 0; round < 3; ++round) {
      const auto first = posted.size() - 2;
      for (std::size_t i = 0; i < kCalls; ++i) {
        slots.Came();
        slots.Fill();
      }
      EXPECT_EQ(there, kCalls + 2);
      for (std::size_t i = 0; i < kCalls; ++i) slots.Gone(*posted[first + i]);
      EXPECT_EQ(there, GrpcSlots::kMaxSpare + 2);
      EXPECT_EQ(slots.at_work(), 0U);
    }
  }
  EXPECT_EQ(there, 0U);
  grpc_completion_queue_shutdown(lane.queue());
  EXPECT_EQ(grpc_completion_queue_next(lane.queue(), gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr).type, GRPC_QUEUE_SHUTDOWN);
}

TEST(GrpcPeers, ForgetsConnectionsThatHaveNoCalls) {
  constexpr std::size_t kBusy = 100;
  GrpcPeers peers;
  std::vector<GrpcPeers::Peer*> busy;
  for (std::size_t i = 0; i < kBusy; ++i) ++busy.emplace_back(&peers.Find("busy" + std::to_string(i)))->calls;
  for (int i = 0; i < 10'000; ++i) {
    auto& peer = peers.Find("idle" + std::to_string(i));
    EXPECT_EQ(peer.calls, 0U);
    EXPECT_EQ(&peers.Find("idle" + std::to_string(i)), &peer);
  }
  EXPECT_LE(peers.size(), 2 * kBusy);
  for (std::size_t i = 0; i < kBusy; ++i) EXPECT_EQ(&peers.Find("busy" + std::to_string(i)), busy[i]);
}

/// Answers at once: its models are unknown.
class Asked final : public GrpcInference {
 public:
  using GrpcInference::answer;
  using GrpcInference::Forget;
  using GrpcInference::GrpcInference;

 private:
  void Answered(const Error* /*error*/) override {}
};

TEST_F(GrpcLaneTest, ACallThatHasEndedKeepsNoLargeBuffer) {
  ColdBytes cold(0);
  Asked asked(repository_, cold, 0);
  std::string message = {'\x1a', '\x80', '\x80', '\x08'};  // an id of 128 KiB
  message += std::string(128u << 10, 'i');
  asked.Start(message, Deadline::Never(), {});
  EXPECT_GT(asked.answer().capacity(), 128u << 10);  // refused: with its id
  asked.Forget();
  EXPECT_LT(asked.answer().capacity(), 64u << 10);
}

TEST_F(GrpcLaneTest, ARequestOfManyTensorsIsNotKept) {
  GrpcRequest request;
  std::string message;
  for (std::size_t i = 0; i < GrpcRequest::kMaxTensors; ++i) message += std::string("\x2a\x04\x1a\x02\1\1", 6);  // inputs of shape [1,1]
  ASSERT_TRUE(request.Read(message));
  EXPECT_GE(request.inputs.capacity(), GrpcRequest::kMaxTensors);
  request.Forget();
  EXPECT_EQ(request.inputs.capacity(), 0U);
}

}  // namespace
}  // namespace edgewise::score::detail
