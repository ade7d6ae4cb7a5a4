#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "site/made_site_test.h"
#include "site/score_log.h"

namespace edgewise::site {
namespace {

/// A site that lives by a clock, not by a replay's watermarks.
class LiveSiteTest : public test::SiteTest {
 protected:
  Site::Options Made() override {
    auto options = SiteTest::Made();
    options.replay = false;
    options.clock = clock_;
    options.epoch = epoch_;
    return options;
  }
  void SetUp() override {
    clock_->Advance(test::kStart);
    SiteTest::SetUp();
    WaitUntilLive();
  }
  void Pass(std::chrono::minutes time) { clock_->Advance(clock_->EventNow() + time); }

  std::uint64_t epoch_ = 1;
  std::shared_ptr<ReplayClock> clock_ = std::make_shared<ReplayClock>();  // shared with the site
};

TEST_F(LiveSiteTest, TimePassesWithoutData) {
  ASSERT_EQ(Score(0, "A").status, 200);
  EXPECT_EQ(Status()["pending"], 1);
  Pass(std::chrono::hours(24 * 5));  // nobody waits for a label so long
  WaitUntil([&] { return Status()["never"] == 1; });
  EXPECT_EQ(Status()["pending"], 0);
}

TEST_F(LiveSiteTest, WhatWasFoundLeavesAndIsKnownToHaveLeftWithoutAFlush) {
  ASSERT_EQ(Score(0, "A").status, 200);
  Pass(std::chrono::minutes(100));
  ASSERT_EQ(Stop(1, 100, "A", 30).status, 200);
  Pass(std::chrono::minutes(5));
  WaitUntil([&] { return Status()["drained"] >= test::At(105); });
  EXPECT_EQ(StoredSamples(), 1U);
}

TEST_F(LiveSiteTest, AScoreOfTheFutureIsRefused) {
  EXPECT_EQ(Score(600, "A").status, 400);
  EXPECT_EQ(Score(0, "A").status, 200);
}

TEST_F(LiveSiteTest, ARowThatIsDatedBackSaysWhenItWasScored) {
  Pass(std::chrono::minutes(100));
  ASSERT_EQ(Stop(1, 100, "B", 30).status, 200);
  ASSERT_EQ(Score(0, "A").status, 200);
  site_.reset();
  auto log = ScoreLog::OpenForReading(folder_ / "scores.db").value();
  int rows = 0;
  ASSERT_TRUE(log->ForEach([&](const ScoredRow& row) -> Result<void> {
    ++rows;
    EXPECT_GE(FormatTime(row.scored_at), test::At(100));
    return {};
  }));
  EXPECT_EQ(rows, 1);
}

TEST_F(LiveSiteTest, WhatASecondLifeOfItsDiskFindsLeaves) {
  epoch_ = 2;
  Open();
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  ASSERT_EQ(Stop(1, 10, "A", 30).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 1U);
  EXPECT_EQ(Status()["epoch"], 2);
}

}  // namespace
}  // namespace edgewise::site
