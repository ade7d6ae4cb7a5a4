#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "queue/fake_queue.h"
#include "queue/sqlite_queue.h"

namespace edgewise::queue {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("edgewise-queue-" + std::to_string(getpid()))) { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  fs::path File() const { return path_ / "queue.sqlite"; }

 private:
  fs::path path_;
};

struct InSqlite {
  Folder folder;
  std::unique_ptr<SqliteQueue> owned = *SqliteQueue::Open(folder.File(), {.site = "EWR"});
  Queue& queue = *owned;
};
struct Fake {
  FakeQueue owned{"EWR"};
  Queue& queue = owned;
};

event::Event Make(std::string_view type, std::string data = "{}") {
  event::Event event;
  event.type = type;
  event.data = std::move(data);
  return event;
}

const Deadline kSoon = Deadline::After(std::chrono::minutes(5));

/// The promises of queue.h, for every implementation.
template <class T>
class QueueConformance : public testing::Test {
 protected:
  T set_up_;
  Queue& queue_ = set_up_.queue;
};
using Implementations = testing::Types<InSqlite, Fake>;
TYPED_TEST_SUITE(QueueConformance, Implementations);

TYPED_TEST(QueueConformance, SequencesCountPerLaneFromOne) {
  const std::vector events = {Make(event::kSampleV1), Make(event::kInsightV1), Make(event::kSampleV1)};
  const auto ids = this->queue_.Append(events, Origin{1}, kSoon);
  ASSERT_TRUE(ids) << ids.error().message;
  ASSERT_EQ(ids->size(), 3u);
  EXPECT_EQ((*ids)[0].ToString(), "EWR/1/sample/1");
  EXPECT_EQ((*ids)[1].ToString(), "EWR/1/insight/1");
  EXPECT_EQ((*ids)[2].ToString(), "EWR/1/sample/2");
}

TYPED_TEST(QueueConformance, DeliversInOrderUntilSettled) {
  const std::vector events = {Make(event::kSampleV1, R"({"label":1})"), Make(event::kSampleV1), Make(event::kSampleV1)};
  ASSERT_TRUE(this->queue_.Append(events, Origin{1}, kSoon));
  auto first = this->queue_.Receive(event::Lane::kSample, 2, kSoon);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ((*first)[0].event.data, R"({"label":1})");
  EXPECT_EQ((*first)[1].event.id.sequence, 2u);
  const std::vector receipts = {(*first)[0].receipt};
  ASSERT_TRUE(this->queue_.Settle(receipts, kSoon));
  ASSERT_TRUE(this->queue_.Settle(receipts, kSoon)) << "settling twice is no error";
  EXPECT_EQ((*this->queue_.Receive(event::Lane::kSample, 9, kSoon))[0].event.id.sequence, 2u);
  EXPECT_TRUE(this->queue_.Receive(event::Lane::kInsight, 9, kSoon)->empty());
}

TYPED_TEST(QueueConformance, TheSameOriginAppendsNothingASecondTime) {
  const std::vector events = {Make(event::kSampleV1)};
  EXPECT_EQ(this->queue_.Append(events, Origin{7}, kSoon)->size(), 1u);
  EXPECT_TRUE(this->queue_.Append(events, Origin{7}, kSoon)->empty());
  EXPECT_TRUE(this->queue_.Append(events, Origin{3}, kSoon)->empty());
  EXPECT_EQ(*this->queue_.AppendedThrough(), Origin{7});
  EXPECT_EQ(this->queue_.Append(events, Origin{8}, kSoon)->front().sequence, 2u);
  ASSERT_TRUE(this->queue_.Append({}, Origin{9}, kSoon));
  EXPECT_EQ(*this->queue_.AppendedThrough(), Origin{9});
}

TYPED_TEST(QueueConformance, OneBadEventAppendsNoneOfItsBatch) {
  const std::vector events = {Make(event::kSampleV1), Make("io.edgewise.other.v1")};
  EXPECT_EQ(this->queue_.Append(events, Origin{1}, kSoon).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(this->queue_.Receive(event::Lane::kSample, 9, kSoon)->empty());
  EXPECT_EQ(*this->queue_.AppendedThrough(), Origin{0});
}

TYPED_TEST(QueueConformance, WhatIsSetAsideLetsTheRestGoOn) {
  const std::vector events = {Make(event::kInsightV1), Make(event::kInsightV1)};
  ASSERT_TRUE(this->queue_.Append(events, Origin{1}, kSoon));
  ASSERT_TRUE(this->queue_.SetAside({"EWR/1/insight/1"}, "cannot be judged", kSoon));
  EXPECT_EQ((*this->queue_.Receive(event::Lane::kInsight, 9, kSoon))[0].event.id.sequence, 2u);
  const auto depth = (*this->queue_.Depths())[1];
  EXPECT_EQ(depth.waiting, 1u);
  EXPECT_EQ(depth.dead, 1u);
  EXPECT_EQ(depth.appended, 2u);
}

TYPED_TEST(QueueConformance, AppendsOfManyThreadsKeepSequencesWithoutGaps) {
  std::vector<std::jthread> threads;
  std::atomic<std::uint64_t> origin = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        const std::vector events = {Make(event::kSampleV1)};
        ASSERT_TRUE(this->queue_.Append(events, Origin{++origin}, kSoon));
      }
    });
  }
  threads.clear();
  const auto all = *this->queue_.Receive(event::Lane::kSample, 1000, kSoon);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].event.id.sequence, i + 1);
}

TEST(FakeQueue, FailsOnceAndOnlyOnce) {
  FakeQueue queue("EWR");
  queue.FailNext({Code::kUnavailable, "disk gone"});
  EXPECT_FALSE(queue.Append({}, Origin{1}, kSoon));
  EXPECT_TRUE(queue.Append({}, Origin{1}, kSoon));
}

TEST(SqliteQueue, AcknowledgedEventsSurviveAKill) {
  const Folder folder;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto queue = *SqliteQueue::Open(folder.File(), {.site = "EWR"});
    for (std::uint64_t i = 1;; ++i) {
      const std::vector events = {Make(event::kSampleV1)};
      if (!queue->Append(events, Origin{i}, kSoon) || write(pipe_ends[1], &i, sizeof i) < 0) _exit(1);
    }
  }
  std::uint64_t acknowledged = 0;
  while (acknowledged < 20) ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  const auto queue = SqliteQueue::Open(folder.File(), {.site = "EWR"});
  ASSERT_TRUE(queue) << queue.error().message;
  const auto through = static_cast<std::uint64_t>(*(*queue)->AppendedThrough());
  EXPECT_GE(through, acknowledged);
  EXPECT_EQ((*queue)->Receive(event::Lane::kSample, 1'000'000, kSoon)->size(), through);
}

TEST(SqliteQueue, ANewEpochGoesOnCountingAndKeepsOldIds) {
  const Folder folder;
  const std::vector events = {Make(event::kSampleV1)};
  ASSERT_TRUE((*SqliteQueue::Open(folder.File(), {.site = "EWR", .epoch = 1}))->Append(events, Origin{1}, kSoon));
  const auto queue = *SqliteQueue::Open(folder.File(), {.site = "EWR", .epoch = 2});
  EXPECT_EQ(queue->Append(events, Origin{2}, kSoon)->front().ToString(), "EWR/2/sample/2");
  EXPECT_EQ((*queue->Receive(event::Lane::kSample, 9, kSoon))[0].event.id.ToString(), "EWR/1/sample/1");
}

TEST(SqliteQueue, AnotherSitesFileIsRefused) {
  const Folder folder;
  ASSERT_TRUE(SqliteQueue::Open(folder.File(), {.site = "EWR"}));
  EXPECT_EQ(SqliteQueue::Open(folder.File(), {.site = "JFK"}).error().code, Code::kFailedPrecondition);
}

TEST(SqliteQueue, ASecondOwnerIsRefused) {
  const Folder folder;
  const auto first = SqliteQueue::Open(folder.File(), {.site = "EWR"});
  ASSERT_TRUE(first);
  EXPECT_EQ(SqliteQueue::Open(folder.File(), {.site = "EWR"}).error().code, Code::kFailedPrecondition);
}

TEST(SqliteQueue, FullMeansNothingAppended) {
  const Folder folder;
  const auto queue = *SqliteQueue::Open(folder.File(), {.site = "EWR", .most_bytes = 400});
  const std::vector two = {Make(event::kSampleV1), Make(event::kInsightV1)};
  ASSERT_TRUE(queue->Append(two, Origin{1}, kSoon));
  EXPECT_EQ(queue->Append(two, Origin{2}, kSoon).error().code, Code::kResourceExhausted);
  EXPECT_EQ(*queue->AppendedThrough(), Origin{1});
  const std::vector<Receipt> both = {{"EWR/1/sample/1"}, {"EWR/1/insight/1"}};
  ASSERT_TRUE(queue->Settle(both, kSoon));
  EXPECT_TRUE(queue->Append(two, Origin{2}, kSoon)) << "the next honest append works";
}

}  // namespace
}  // namespace edgewise::queue
