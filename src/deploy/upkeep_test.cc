#include <atomic>
#include <csignal>
#include <thread>

#include "deploy/process_target.h"
#include "deploy/reconciler_fixture_test.h"

namespace edgewise::deploy::test {
namespace {

using std::chrono::seconds;

/// What a reconciler does while nothing new is desired: scorers that end, models that are no longer needed.
class UpkeepTest : public ReconcilerTest {
 protected:
  void GetLive() {
    Open(seconds(1));
    Offer(1, {registry_.Push(1)});
    Settle();
    ASSERT_EQ(LiveVersion(), "v1");
  }
  void Pass(seconds time) { now_ = now_.load() + time; }
  bool Alive() { return reconciler_->Live().at(0).running->Alive(); }
  /// The scorer ends and one step is taken; answers how long it takes until a step starts it again, in whole seconds.
  int SecondsUntilRestart() {
    fake_.Kill("delay");
    for (int waited = 0; waited < 1000; ++waited) {
      Step();
      if (Alive()) return waited;
      Pass(seconds(1));
    }
    return -1;
  }
  std::size_t ModelsOnDisk() { return SystemFiles().List(folder_.path() / "deploy/models").value().size(); }
  std::unique_ptr<ProcessTarget> RealScorers() {
    return std::make_unique<ProcessTarget>(ProcessTarget::Options{.program = EDGEWISE_SCORER, .socket_folder = folder_.path(), .log = {}});
  }
};

TEST_F(UpkeepTest, AScorerThatEndsSoonAfterItsStartIsStartedAgainWithAGrowingPause) {
  GetLive();
  std::vector<int> pauses;
  for (int i = 0; i < 12; ++i) pauses.push_back(SecondsUntilRestart());
  EXPECT_EQ(pauses, (std::vector<int>{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}));
}

TEST_F(UpkeepTest, AScorerThatLivedAWhileIsStartedAgainAtOnce) {
  GetLive();
  EXPECT_EQ(SecondsUntilRestart(), 0);
  EXPECT_EQ(SecondsUntilRestart(), 1);
  Pass(seconds(60));
  EXPECT_EQ(SecondsUntilRestart(), 0);
  EXPECT_EQ(SecondsUntilRestart(), 1) << "the pauses begin anew";
}

TEST_F(UpkeepTest, TheStatusSaysThatAScorerWaitsForItsRestart) {
  GetLive();
  SecondsUntilRestart();
  fake_.Kill("delay");
  EXPECT_FALSE(Step());
  EXPECT_EQ(Status().state, "failed");
  EXPECT_NE(Status().reason.find("started again after a pause of 1 s"), std::string::npos) << Status().reason;
  Pass(seconds(1));
  Settle();
  EXPECT_EQ(Status().state, "live");
  EXPECT_EQ(Status().reason, "");
}

TEST_F(UpkeepTest, ANewVersionDoesNotWaitForTheOldOnesPause) {
  GetLive();
  SecondsUntilRestart();
  fake_.Kill("delay");
  EXPECT_FALSE(Step());
  Offer(2, {registry_.Push(2)});
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(SecondsUntilRestart(), 0) << "it has no past";
}

TEST_F(UpkeepTest, ARequestRevivesAScorerAndKeepsToItsPause) {
  GetLive();
  EXPECT_EQ(reconciler_->Revive("nobody", Soon()).error().code, Code::kNotFound);
  ASSERT_TRUE(reconciler_->Revive("delay", Soon()));
  EXPECT_EQ(fake_.starts().size(), 1U) << "it lives: nothing is started";
  const auto generation = reconciler_->generation();
  fake_.Kill("delay");
  ASSERT_TRUE(reconciler_->Revive("delay", Soon()));
  EXPECT_TRUE(Alive());
  EXPECT_NE(reconciler_->generation(), generation);
  fake_.Kill("delay");
  EXPECT_EQ(reconciler_->Revive("delay", Soon()).error().code, Code::kUnavailable);
  Pass(seconds(1));
  EXPECT_TRUE(reconciler_->Revive("delay", Soon()));
  EXPECT_EQ(registry_.pulls(), 1);
}

TEST_F(UpkeepTest, RevivingNeverPullsThatIsForAStep) {
  GetLive();
  const auto digest = reconciler_->Live().at(0).model.digest;
  ASSERT_TRUE(SystemFiles().ReplaceDurably(folder_.path() / "deploy/models" / digest.Hex() / "model.onnx", "flipped"));
  fake_.Kill("delay");
  EXPECT_EQ(reconciler_->Revive("delay", Soon()).error().code, Code::kDataLoss);
  EXPECT_EQ(registry_.pulls(), 1);
  Pass(seconds(1));
  Settle();
  EXPECT_TRUE(Alive());
  EXPECT_EQ(registry_.pulls(), 2);
}

TEST_F(UpkeepTest, OfOldModelsTheDiskKeepsTheOneBeforeAndGoingBackNeedsNoNetwork) {
  Open();
  const std::vector<DesiredModel> versions = {registry_.Push(1), registry_.Push(2), registry_.Push(3)};
  for (std::uint64_t i = 0; i < versions.size(); ++i) {
    Offer(i + 1, {versions[i]});
    Settle();
  }
  EXPECT_EQ(ModelsOnDisk(), 2U);
  EXPECT_EQ(registry_.pulls(), 3);
  Open();  // and a restart forgets nothing of it
  Settle();
  EXPECT_EQ(LiveVersion(), "v3");
  EXPECT_EQ(ModelsOnDisk(), 2U);
  Offer(4, {versions[1]});
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(registry_.pulls(), 3) << "it went back without the network";
  Offer(5, {versions[0]});
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_EQ(registry_.pulls(), 4) << "the version before the one before had been removed";
}

TEST_F(UpkeepTest, NothingIsRemovedBeforeTheNewVersionServes) {
  Open(seconds(1));
  const std::vector<DesiredModel> versions = {registry_.Push(1), registry_.Push(2)};
  for (std::uint64_t i = 0; i < versions.size(); ++i) {
    Offer(i + 1, {versions[i]});
    Settle();
  }
  fake_.FailNext({Code::kDeadlineExceeded, "never got ready"});
  Offer(3, {registry_.Push(3)});
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(ModelsOnDisk(), 3U) << "v1 is what v2 can go back to";
  Pass(seconds(1));
  Settle();
  EXPECT_EQ(LiveVersion(), "v3");
  EXPECT_EQ(ModelsOnDisk(), 2U);
}

TEST_F(UpkeepTest, WhatIsNoModelStaysWhereItLies) {
  GetLive();
  const auto stranger = folder_.path() / "deploy/models/README";
  ASSERT_TRUE(SystemFiles().ReplaceDurably(stranger, "not ours"));
  Offer(2, {registry_.Push(2)});
  Settle();
  Offer(3, {registry_.Push(3)});
  Settle();
  EXPECT_TRUE(SystemFiles().Read(stranger));
  EXPECT_EQ(ModelsOnDisk(), 3U);
}

TEST_F(UpkeepTest, AStateThatWantsAnotherPolicyIsRefusedAndTheOldVersionServes) {
  policy_ = Digest::Of("present");
  Open();
  ASSERT_TRUE(OfferUnder(policy_, 1, registry_.Push(1)));
  Settle();
  const auto refused = OfferUnder(Digest::Of("other"), 2, registry_.Push(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  const auto status = reconciler_->status();
  EXPECT_EQ(status.desired, 1U);
  for (const auto& digest : {policy_, Digest::Of("other")}) {
    EXPECT_NE(status.refused.find(digest.ToString()), std::string::npos) << status.refused;
    EXPECT_NE(Status().reason.find(digest.ToString()), std::string::npos) << Status().reason;
  }
  EXPECT_EQ(Status().state, "failed");
  ASSERT_TRUE(OfferUnder({}, 3, registry_.Push(2)));  // whatever policy the site has: the control
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(reconciler_->status().refused, "");
  EXPECT_EQ(Status().state, "live");
}

TEST_F(UpkeepTest, ASiteStartedWithAnotherPolicyServesWhatItHadAndTakesNothingNew) {
  policy_ = Digest::Of("wanted");
  Open();
  ASSERT_TRUE(OfferUnder(policy_, 1, registry_.Push(1)));
  Settle();
  ASSERT_TRUE(OfferUnder(policy_, 2, registry_.Push(2)));  // and stops before it is live
  policy_ = Digest::Of("other");
  Open();
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_NE(reconciler_->status().refused.find(policy_.ToString()), std::string::npos) << reconciler_->status().refused;
  EXPECT_EQ(reconciler_->status().applied, 0U);
  policy_ = Digest::Of("wanted");
  Open();
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(reconciler_->status().refused, "");
}

// With real processes, a thread that steps and one that asks: nobody waits longer than a restart takes.
TEST_F(UpkeepTest, ARequestAfterAKillIsAnsweredByTheRevivedProcess) {
  const auto target = RealScorers();
  Open(*target, seconds(1));
  Offer(1, {registry_.Push(1)});
  Settle();
  std::jthread stepping([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) (void)reconciler_->Step(Soon());
  });
  const std::vector<float> row(3);
  for (int i = 0; i < 3; ++i) {
    const auto before = reconciler_->Live().at(0).running;
    ASSERT_EQ(kill(before->pid(), SIGKILL), 0);
    auto scores = before->engine().Score(row, Soon());
    while (!scores) {
      ASSERT_EQ(scores.error().code, Code::kUnavailable) << scores.error().message;
      ASSERT_TRUE(reconciler_->Revive("delay", Soon()));
      scores = reconciler_->Live().at(0).running->engine().Score(row, Soon());
    }
    Pass(seconds(60));
  }
  stepping.request_stop();
  stepping.join();
  EXPECT_EQ(Status().state, "live") << Status().reason;
}

}  // namespace
}  // namespace edgewise::deploy::test
