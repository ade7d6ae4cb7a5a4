#include "queue/fake_queue.h"
#include "site/core.h"
#include "site/errands.h"
#include "site/made_files_test.h"
#include "site/made_site_test.h"
#include "site/score_log.h"

namespace edgewise::site::test {
namespace {

class WarmUpTest : public SiteTest {
 protected:
  ~WarmUpTest() override { gated_.Open(); }
  Files& files() override { return gated_; }
  void TearDown() override {
    gated_.Open();  // whoever waits there would keep the site from ending
    SiteTest::TearDown();
  }
  /// The mean delay that the newest scored row was scored with.
  float LastMean() {
    site_.reset();
    auto log = ScoreLog::OpenForReading(folder_ / "scores.db").value();
    feature::Sample sample;
    EXPECT_TRUE(log->ForEach([&](const ScoredRow& row) -> Result<void> {
      sample = DecodeSample(row.sample).value();
      return {};
    }));
    return sample.numbers.at(1);
  }
  GatedFiles gated_;
};

TEST_F(WarmUpTest, ScoresAreAnsweredWhileANewVersionLearnsAndItLearnsWhatComesMeanwhile) {
  WaitUntilLive();
  for (std::uint64_t i = 1; i <= 50; ++i) ASSERT_EQ(Stop(i, -100, "X", 0).status, 200);
  Push("2", SlowFeatures());
  gated_.Shut();
  Desire(2, "2");
  gated_.AwaitReader();
  for (int i = 0; i < 200; ++i) {
    const auto scored = Score(i, fmt::format("flight {}", i));
    ASSERT_EQ(scored.status, 200) << scored.body;
    ASSERT_EQ(nlohmann::json::parse(scored.body)["version"], "1");
  }
  for (std::uint64_t i = 51; i <= 100; ++i) ASSERT_EQ(Stop(i, 200, "X", 50).status, 200);
  EXPECT_EQ(Status()["applied"], 1) << "the new version got live before it had learned";
  gated_.Open();
  WaitUntilLive(2);
  EXPECT_EQ(nlohmann::json::parse(Score(300, "last").body)["version"], "2");
  float mean = 0;  // of the first ten by count, from then on by alpha
  for (int i = 1; i <= 100; ++i) mean += ((i <= 50 ? 0.0F : 50.0F) - mean) * std::max(0.1F, 1.0F / static_cast<float>(i));
  EXPECT_NEAR(LastMean(), mean, 0.001);
}

TEST_F(WarmUpTest, ASiteCanBeStoppedInTheMiddleOfAWarmUp) {
  WaitUntilLive();
  ASSERT_EQ(Stop(1, -100, "X", 0).status, 200);
  Push("2", SlowFeatures());
  gated_.Shut();
  Desire(2, "2");
  gated_.AwaitReader();
  std::jthread stopping([this] { site_.reset(); });
  gated_.Open();
  stopping.join();
  Open();
  WaitUntilLive(2);
}

/// A core by itself: the test is its only thread.
class CoreTest : public SiteTest {
 protected:
  void SetUp() override {
    options_ = Made();
    core_ = Core::Open(options_, SystemFiles(), queue_).value();
    straight_ = std::make_unique<Machine>(Machine::Options{options_.rules, options_.program, {}, nullptr});
    straight_->features().Add(slow_);
  }
  void TearDown() override {
    core_.reset();
    SiteTest::TearDown();
  }
  void Say(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      const auto line = fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"A","delay":{}}})", sequence_,
                                    At(static_cast<double>(sequence_)), sequence_ % 37);
      const auto entry = core_->machine().Check("stop", line).value().entry;
      core_->Take(entry, [](const Result<void>& done) { EXPECT_TRUE(done); });
      Effects effects;
      ASSERT_TRUE(straight_->Apply(entry, effects));
    }
  }
  const feature::Program slow_ = feature::Program::FromToml(SlowFeatures(), "slow.toml").value();
  Site::Options options_;
  queue::FakeQueue queue_{"EWR"};
  std::unique_ptr<Core> core_;
  std::unique_ptr<Machine> straight_;  // had the operators from the beginning
  std::uint64_t sequence_ = 0;
};

TEST_F(CoreTest, WhatIsLearnedAsideEqualsAStraightRunToTheByte) {
  Say(500);
  const auto warm_up = core_->BeginWarmUp(slow_).value();
  ASSERT_TRUE(warm_up);
  Say(100);
  ASSERT_TRUE(core_->Drain(Deadline::After(seconds(20))));
  EXPECT_EQ(warm_up->CatchUp().value(), 600U);
  Say(10);
  ASSERT_TRUE(core_->Listen());
  Say(20);  // on their way to the journal, or there already
  EXPECT_GE(warm_up->CatchUp().value(), 10U);
  Say(5);
  ASSERT_TRUE(core_->Adopt(std::move(*warm_up)));
  EXPECT_EQ(core_->machine().features().Save(), straight_->features().Save());
  Say(50);
  EXPECT_EQ(core_->machine().features().Save(), straight_->features().Save());
  EXPECT_FALSE(core_->BeginWarmUp(slow_).value()) << "there is nothing left to learn";
}

TEST_F(CoreTest, AWarmUpThatMissedEntriesIsNotAdopted) {
  Say(10);
  const auto early = core_->BeginWarmUp(slow_).value();
  ASSERT_TRUE(early->CatchUp());
  Say(10);
  ASSERT_TRUE(core_->Listen());
  Say(1);
  const auto adopted = core_->Adopt(std::move(*early));  // it did not catch up after Listen()
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code, Code::kAborted);
  ASSERT_TRUE(core_->Warm(slow_));
  EXPECT_EQ(core_->machine().features().Save(), straight_->features().Save());
}

TEST_F(CoreTest, AWarmUpThatIsToldToStopLearnsNothingAndCanGoOn) {
  Say(10);
  ASSERT_TRUE(core_->Drain(Deadline::After(seconds(20))));
  const auto warm_up = core_->BeginWarmUp(slow_).value();
  const auto stopped = warm_up->CatchUp([] { return true; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_EQ(warm_up->learned(), 0U);
  EXPECT_EQ(warm_up->CatchUp().value(), 10U);
}

TEST(Errands, AreDoneByTheOtherThreadOrCalledOffWhenItHasEnded) {
  Errands errands;
  const auto post_to_thread = [](std::function<void()> work) { std::thread(std::move(work)).detach(); };
  EXPECT_TRUE(errands.Run(post_to_thread, [] { return Result<void>(); }));
  EXPECT_EQ(errands.Run(post_to_thread, [] { return Result<void>(Fail(Code::kNotFound, "x")); }).error().code, Code::kNotFound);
  std::jthread closing([&] { errands.Close(); });
  const auto called_off = errands.Run([](const std::function<void()>&) {}, [] { return Result<void>(); });
  EXPECT_EQ(called_off.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace edgewise::site::test
