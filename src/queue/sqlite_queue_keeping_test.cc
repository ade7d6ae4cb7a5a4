// What operators do with a queue: bounded bytes, what is set aside, the scrubber.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "base/fake_files.h"
#include "queue/sqlite_queue.h"

namespace edgewise::queue {
namespace {

using event::Lane;
using testing::ElementsAre;
using testing::HasSubstr;

const Deadline kSoon = Deadline::After(std::chrono::minutes(5));

class SqliteQueueKeeping : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.MakeDirs("/d")); }
  std::unique_ptr<SqliteQueue> Open(std::uint64_t most_bytes = 1U << 20U, WhenFull when_full = WhenFull::kBlock) {
    return SqliteQueue::Open("/d/queue.db", {.site = "EWR", .most_bytes = most_bytes, .when_full = when_full, .files = &files_}).value();
  }
  static Result<std::vector<event::EventId>> Append(SqliteQueue& queue, std::string_view type, int number = 0) {
    event::Event event;
    event.type = type;
    event.data = R"({"number":)" + std::to_string(number) + "}";
    return queue.Append({{event}}, std::nullopt, kSoon);
  }
  static LaneDepth Depth(SqliteQueue& queue, Lane lane) { return queue.Depths().value()[static_cast<std::size_t>(lane)]; }
  static std::vector<std::string> Waiting(SqliteQueue& queue) {
    std::vector<std::string> ids;
    EXPECT_TRUE(queue.ForEach([&](const SqliteQueue::Kept& kept) -> Result<void> {
      if (kept.state == SqliteQueue::Kept::State::kWaiting) ids.push_back(kept.id.ToString());
      return {};
    }));
    return ids;
  }

  FakeFiles files_;
};

/// The size of one event of these tests.
constexpr std::uint64_t kEvent = 200;

TEST_F(SqliteQueueKeeping, AFullQueueBlocksAndGoesOnWhenThereIsRoom) {
  const auto queue = Open(5 * kEvent);
  std::size_t taken = 0;
  while (Append(*queue, event::kSampleV1)) ++taken;
  EXPECT_GE(taken, 4U);
  EXPECT_EQ(Append(*queue, event::kDisruptionV1).error().code, Code::kResourceExhausted);
  EXPECT_EQ(Depth(*queue, Lane::kSample).waiting, taken);
  ASSERT_TRUE(queue->Settle(std::vector<Receipt>{{"EWR/1/sample/1"}, {"EWR/1/sample/2"}}, kSoon));
  EXPECT_TRUE(Append(*queue, event::kDisruptionV1));
}

TEST_F(SqliteQueueKeeping, AFullQueueDropsTheOldestOfTheLeastImportantAndCountsThem) {
  const auto queue = Open(5 * kEvent, WhenFull::kDropOldest);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1));
  ASSERT_TRUE(Append(*queue, event::kInsightV1));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Append(*queue, event::kDisruptionV1));
  EXPECT_THAT(Waiting(*queue), ElementsAre("EWR/1/anomaly/1", "EWR/1/anomaly/2", "EWR/1/anomaly/3", "EWR/1/insight/1", "EWR/1/sample/3"));
  EXPECT_EQ(Depth(*queue, Lane::kSample).dropped, 2U);
  while (Depth(*queue, Lane::kInsight).dropped == 0) ASSERT_TRUE(Append(*queue, event::kDisruptionV1));
  EXPECT_EQ(Depth(*queue, Lane::kSample).waiting, 0U) << "samples go before insights";
  EXPECT_EQ(Depth(*queue, Lane::kAnomaly).dropped, 0U);
  ASSERT_TRUE(Append(*queue, event::kSampleV1)) << "it is dropped itself: nothing is less important";
  EXPECT_EQ(Depth(*queue, Lane::kSample).dropped, 4U);
  EXPECT_EQ(Depth(*queue, Lane::kSample).appended, 4U);
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(Append(*queue, event::kDisruptionV1));
  const auto anomalies = Depth(*queue, Lane::kAnomaly);
  EXPECT_GT(anomalies.dropped, 0U) << "of the same class, the oldest";
  EXPECT_EQ(anomalies.appended, anomalies.waiting + anomalies.dropped);
}

TEST_F(SqliteQueueKeeping, WhatAReaderHasInItsHandsIsNotDropped) {
  const auto queue = Open(4 * kEvent, WhenFull::kDropOldest);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1));
  ASSERT_EQ(queue->Receive(Lane::kSample, 2, kSoon)->size(), 2U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1));
  EXPECT_THAT(Waiting(*queue), ElementsAre("EWR/1/sample/1", "EWR/1/sample/2", "EWR/1/sample/7", "EWR/1/sample/8"));
}

TEST_F(SqliteQueueKeeping, CountsSurviveARestart) {
  {
    const auto queue = Open(3 * kEvent, WhenFull::kDropOldest);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1));
  }
  const auto depth = Depth(*Open(), Lane::kSample);
  EXPECT_EQ(std::tuple(depth.waiting, depth.dropped, depth.appended), std::tuple(3U, 2U, 5U));
}

TEST_F(SqliteQueueKeeping, WhatIsSetAsideGoesOnceMoreOrIsGivenUp) {
  const auto queue = Open();
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1, i));
  ASSERT_TRUE(queue->SetAside({"EWR/1/sample/1"}, "poison", kSoon));
  ASSERT_TRUE(queue->SetAside({"EWR/1/sample/2"}, "poison", kSoon));
  const auto first = event::EventId::Parse("EWR/1/sample/1").value();
  const auto again = queue->Retry(first);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ToString(), "EWR/1/sample/4");
  EXPECT_EQ(queue->Receive(Lane::kSample, 9, kSoon)->back().event.data, R"({"number":1})");
  EXPECT_EQ(queue->Retry(first).error().code, Code::kNotFound) << "once";
  ASSERT_TRUE(queue->Discard(event::EventId::Parse("EWR/1/sample/2").value()));
  EXPECT_EQ(queue->Discard(event::EventId::Parse("EWR/1/sample/3").value()).error().code, Code::kNotFound) << "it waits";
  const auto depth = Depth(*queue, Lane::kSample);
  EXPECT_EQ(std::tuple(depth.waiting, depth.dead, depth.dropped, depth.appended), std::tuple(2U, 0U, 1U, 4U));
}

/// Flips a bit of every record that holds this text, behind the queue's back.
void Damage(FakeFiles& files, std::string_view text) {
  const auto file = files.OpenRandom("/d/queue.db", Files::Opening::kExisting).value();
  const auto bytes = files.Read("/d/queue.db").value();
  std::size_t hits = 0;
  for (auto at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1), ++hits) ASSERT_TRUE(file->WriteAt(at, "!"));
  ASSERT_GT(hits, 0U);
}

TEST_F(SqliteQueueKeeping, TheScrubberFindsDamageThatNobodyAskedFor) {
  for (int i = 1; i <= 9; ++i) ASSERT_TRUE(Append(*Open(), event::kSampleV1, i));
  Damage(files_, R"("number":7)");
  const auto queue = Open();
  SqliteQueue::Scrubbed all;
  for (int step = 0; !all.done; ++step) {
    ASSERT_LT(step, 20);
    const auto part = queue->Scrub(2);
    ASSERT_TRUE(part) << part.error().message;
    all.damaged += part->damaged;
    all.missing += part->missing;
    all.done = part->done;
    ASSERT_TRUE(queue->Settle(std::vector<Receipt>{{"EWR/1/sample/" + std::to_string(step + 1)}}, kSoon)) << "while it reads";
    ASSERT_TRUE(Append(*queue, event::kSampleV1, 10 + step));
  }
  EXPECT_EQ(all.damaged, 1U);
  EXPECT_EQ(all.missing, 0U);
  EXPECT_EQ(Depth(*queue, Lane::kSample).damaged, 1U);
  EXPECT_EQ(queue->Retry(event::EventId::Parse("EWR/1/sample/7").value()).error().code, Code::kFailedPrecondition);
}

TEST_F(SqliteQueueKeeping, DamageAtTheHeadOfTheLineIsNotTheEndOfIt) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Append(*Open(), event::kSampleV1, i));
  Damage(files_, R"("number":1)");
  Damage(files_, R"("number":2)");
  const auto queue = Open();
  const auto got = queue->Receive(Lane::kSample, 1, kSoon).value();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].event.id.sequence, 3U);
}

TEST_F(SqliteQueueKeeping, TheScrubberMissesWhatDamageHasHidden) {
  {
    const auto queue = Open();
    for (int i = 1; i <= 9; ++i) ASSERT_TRUE(Append(*queue, event::kSampleV1, i));
  }
  {  // as if a page's list of records had lost two of them
    auto file = detail::SqliteFile::Open(files_, "/d/queue.db", Files::Opening::kExisting).value();
    ASSERT_TRUE(file.Execute("DELETE FROM events WHERE sequence IN (3, 4)"));
  }
  const auto queue = Open();
  EXPECT_EQ(Depth(*queue, Lane::kSample).waiting, 9U);
  std::uint64_t missing = 0;
  for (bool done = false; !done;) {
    const auto part = queue->Scrub(4).value();
    missing += part.missing;
    done = part.done;
  }
  EXPECT_EQ(missing, 2U);
  const auto depth = Depth(*queue, Lane::kSample);
  EXPECT_EQ(std::pair(depth.waiting, depth.missing), std::pair(std::uint64_t{7}, std::uint64_t{2}));
}

}  // namespace
}  // namespace edgewise::queue
