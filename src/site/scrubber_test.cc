#include "site/scrubber.h"

#include <gmock/gmock.h>

#include "base/fake_files.h"
#include "site/committer.h"
#include "site/journal.h"

namespace edgewise::site {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

/// What a site keeps, on a disk that can be damaged.
class ScrubberTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.MakeDirs("/s"));
    queue_ = queue::SqliteQueue::Open("/s/queue.db", {.site = "EWR", .files = &files_}).value();
    journal_ = Journal::Open(files_, "/s/journal", {.segment_bytes = 100}).value();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(journal_->Write({std::string(40, 'x')}));
    ASSERT_TRUE(files_.ReplaceDurably("/s/snapshot.bin", EncodeSnapshot(7, "machine")));
    scrubber_.emplace(Scrubber::Parts{"EWR", *queue_, files_, "/s", [this] { ++renewed_; }, metrics_});
  }
  /// A pass; answers in how many steps.
  int Pass(Scrubber::TimePoint now) {
    int steps = 0;
    do scrubber_->Step(now);
    while (++steps < 1000 && scrubber_->under_way());
    return steps;
  }

  FakeFiles files_;
  Metrics metrics_;
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<Journal> journal_;
  int renewed_ = 0;
  std::optional<Scrubber> scrubber_;
};

TEST_F(ScrubberTest, ReadsEverythingOnceADay) {
  const Scrubber::TimePoint start{};
  EXPECT_GT(Pass(start), 5) << "a segment of the journal at a time";
  scrubber_->Step(start + hours(23));
  EXPECT_FALSE(scrubber_->under_way());
  scrubber_->Step(start + hours(24));
  EXPECT_TRUE(scrubber_->under_way());
  EXPECT_EQ(renewed_, 0);
  EXPECT_THAT(metrics_.Text(), HasSubstr("edgewise_journal_lost{site=\"EWR\"} 0"));
}

TEST_F(ScrubberTest, DamageIsCountedAndADamagedSnapshotIsWrittenAnew) {
  for (const auto first : {1, 7}) files_.Flip(SegmentPath("/s/journal", static_cast<std::uint64_t>(first)), 70);
  files_.Flip("/s/snapshot.bin", 90);
  Pass({});
  EXPECT_EQ(renewed_, 1);
  EXPECT_THAT(metrics_.Text(), HasSubstr("edgewise_journal_lost{site=\"EWR\"} 2"));
}

TEST_F(ScrubberTest, FlippedBitsThatTheQueueMendsAreCounted) {
  queue_.reset();
  files_.Flip("/s/queue.db", 700);
  queue_ = queue::SqliteQueue::Open("/s/queue.db", {.site = "EWR", .files = &files_}).value();
  Metrics metrics;
  Scrubber scrubber({"EWR", *queue_, files_, "/s", [] {}, metrics});
  scrubber.Step({});
  EXPECT_THAT(metrics.Text(), HasSubstr("edgewise_queue_mended_bits_total{site=\"EWR\"} 1"));
}

TEST_F(ScrubberTest, ASegmentThatCannotBeReadDoesNotHoldItUp) {
  ASSERT_TRUE(files_.ReplaceDurably(SegmentPath("/s/journal", 1), "something else that is long enough to be a segment of a journal"));
  EXPECT_LT(Pass({}), 1000);
}

}  // namespace
}  // namespace edgewise::site
