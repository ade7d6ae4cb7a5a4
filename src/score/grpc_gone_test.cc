#include <thread>

#include "score/grpc_fixture_test.h"
#include "score/raw_frames_test.h"

namespace edgewise::score {
namespace {

constexpr int kCalls = 50;

/// A call whose answer is not waited for.
struct AsyncCall {
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
};

/// The one worker is busy with a call; what comes next waits.
class GrpcGoneTest : public GrpcServerTest {
 protected:
  GrpcGoneTest() {
    sum_->runs_inline = false;
    sum_->engine->Hold();
    busy_ = std::thread([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
    EXPECT_TRUE(sum_->engine->WaitUntilHeld(1, Soon()));
  }
  ~GrpcGoneTest() override {
    if (busy_.joinable()) LetGo();
  }
  static Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }
  void Await(const std::function<bool()>& condition) const {
    const auto deadline = Soon();
    while (!condition() && !deadline.Expired()) std::this_thread::yield();
    EXPECT_TRUE(condition());
  }
  /// Others wait behind the busy one.
  void AwaitWaiting(int calls) const {
    Await([&] { return sum_->submitted >= 1 + calls; });
  }
  void LetGo() {
    sum_->engine->Release();
    busy_.join();
  }
  /// When all who wait have gone, the next honest request is answered, and nothing was run for them.
  void ExpectNothingIsRunForThem(std::size_t calls) {
    Await([&] { return sum_->abandoned() == calls; });
    std::thread honest([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
    AwaitWaiting(static_cast<int>(calls) + 1);
    LetGo();
    honest.join();
    EXPECT_EQ(sum_->engine->runs().size(), 2U);
    EXPECT_EQ(sum_->statistics().fail.count, calls);
  }

  std::thread busy_;
};

TEST_F(GrpcGoneTest, CancelledCallsAreNotRun) {
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<AsyncCall>> calls;
  for (int i = 0; i < kCalls; ++i) {
    auto& call = *calls.emplace_back(std::make_unique<AsyncCall>());
    call.reader = stub_->AsyncModelInfer(&call.context, SumRequest(), &queue);
    call.reader->Finish(&call.response, &call.status, nullptr);
  }
  AwaitWaiting(kCalls);
  EXPECT_EQ(sum_->abandoned(), 0U);
  for (const auto& call : calls) call->context.TryCancel();
  ExpectNothingIsRunForThem(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
  }
  for (const auto& call : calls) EXPECT_EQ(call->status.error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(GrpcGoneTest, CallsOfClosedConnectionsAreNotRun) {
  const auto request = RawSumRequest().SerializeAsString();
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < kCalls; ++i) {
    clients.push_back(std::make_unique<RawConnection>(server_->address()));
    clients.back()->Send(frames::Preface() + frames::Request(1, request));
  }
  AwaitWaiting(kCalls);
  clients.clear();
  ExpectNothingIsRunForThem(kCalls);
}

TEST_F(GrpcGoneTest, CancelledStreamsAreNotRun) {
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  ASSERT_TRUE(stream->Write(SumRequest()));
  AwaitWaiting(1);
  context.TryCancel();
  ExpectNothingIsRunForThem(1);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(GrpcGoneTest, ThoseWhoWaitAreAnsweredAndSeenToGoAfterwards) {
  std::vector<std::thread> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
  AwaitWaiting(5);
  LetGo();
  for (auto& client : clients) client.join();
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  inference::ModelStreamInferResponse response;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Write(SumRequest()));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.error_message(), "");
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(sum_->engine->runs().size(), 9U);
}

}  // namespace
}  // namespace edgewise::score
