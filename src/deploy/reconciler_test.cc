#include <atomic>
#include <csignal>
#include <thread>

#include "deploy/process_target.h"
#include "deploy/reconciler_fixture_test.h"

namespace edgewise::deploy::test {
namespace {

TEST_F(ReconcilerTest, WithoutADesiredStateThereIsNothingToDo) {
  Open();
  EXPECT_FALSE(Step());
  EXPECT_TRUE(reconciler_->Live().empty());
  EXPECT_EQ(reconciler_->status().desired, 0U);
}

TEST_F(ReconcilerTest, WhatIsDesiredGetsLiveAndIsCounted) {
  Open();
  Offer(1, {registry_.Push(1), registry_.Push(2, "other")});
  EXPECT_EQ(Status().state, "waiting");
  Settle();
  EXPECT_EQ(LiveVersion("delay"), "v1");
  EXPECT_EQ(LiveVersion("other"), "v2");
  EXPECT_EQ(reconciler_->status().applied, 1U);
  EXPECT_EQ(Status().state, "live");
  EXPECT_EQ(warmed_, (std::vector<std::string>{"v1", "v2"}));
  Offer(2, {registry_.Push(1)});
  Settle();
  EXPECT_EQ(LiveVersion("other"), "");
  EXPECT_EQ(reconciler_->status().applied, 2U);
  EXPECT_EQ(fake_.starts().size(), 2U) << "what did not change is not started again";
}

TEST_F(ReconcilerTest, GoesBackByANewNumberWithoutPullingAgain) {
  Open();
  const auto first = registry_.Push(1);
  Offer(1, {first});
  Settle();
  Offer(2, {registry_.Push(2)});
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  Offer(3, {first});
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_EQ(registry_.pulls(), 2);
}

TEST_F(ReconcilerTest, OlderAndContradictingNumbersAreRefused) {
  Open();
  const auto model = registry_.Push(1);
  Offer(5, {model});
  Offer(5, {model});
  EXPECT_EQ(reconciler_->Offer({.number = 4, .models = {model}, .policy = {}}).error().code, Code::kAborted);
  EXPECT_EQ(reconciler_->Offer({.number = 5, .models = {}, .policy = {}}).error().code, Code::kAborted);
  auto bad = model;
  bad.name = "../delay";
  EXPECT_EQ(reconciler_->Offer({.number = 6, .models = {bad}, .policy = {}}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(reconciler_->desired()->number, 5U);
}

TEST_F(ReconcilerTest, TheOldVersionServesWhateverHappensToTheNewOne) {
  Open();
  Offer(1, {registry_.Push(1)});
  Settle();
  const auto next = registry_.Push(2);
  const std::vector<std::function<void()>> faults = {
      [&] { registry_.FailNext({Code::kDataLoss, "blob does not fit its digest"}); },
      [&] { registry_.FailNext({Code::kUnavailable, "registry down"}); },
      [&] { fake_.FailNext({Code::kDeadlineExceeded, "never got ready"}); },
      [&] { fake_.FailNext({Code::kUnavailable, "died"}); },
      [&] { warm_failure_ = Error{Code::kInternal, "warming failed"}; },
  };
  Offer(2, {next});
  for (const auto& plant : faults) {
    plant();
    EXPECT_TRUE(Step());
    EXPECT_EQ(LiveVersion(), "v1");
    EXPECT_EQ(Status().state, "failed");
    EXPECT_EQ(Status().version, "v1");
    EXPECT_FALSE(Status().reason.empty());
    EXPECT_EQ(reconciler_->status().applied, 1U);
    EXPECT_TRUE(reconciler_->Live().at(0).running->engine().Score(std::vector<float>(3), Soon()));
  }
  Settle();  // no fault left: the control
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_EQ(Status().reason, "");
}

TEST_F(ReconcilerTest, AFailureWaitsBeforeItIsTriedAgain) {
  Open(std::chrono::hours(1));
  Offer(1, {registry_.Push(1)});
  registry_.FailNext({Code::kUnavailable, "registry down"});
  EXPECT_TRUE(Step());
  EXPECT_FALSE(Step());
  EXPECT_EQ(registry_.pulls(), 1);
  Offer(2, {registry_.Push(1)});
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
}

TEST_F(ReconcilerTest, AModelThatCannotBeLoadedWaitsForANewNumber) {
  Open();
  Offer(1, {registry_.Push(1)});
  fake_.FailNext({Code::kInvalidArgument, "not a model"});
  EXPECT_TRUE(Step());
  EXPECT_FALSE(Step());
  EXPECT_EQ(fake_.starts().size(), 1U);
  EXPECT_NE(Status().reason.find("not a model"), std::string::npos);
}

TEST_F(ReconcilerTest, AnImageWithoutAModelIsRefused) {
  Open();
  auto model = registry_.Push(1);
  reconciler_.reset();
  Reconciler::Options options{.folder = folder_.path() / "deploy", .pull = {}};
  options.pull = [](const std::string&, const Digest&) { return std::vector<package::File>{{"model.onnx", "x"}}; };
  reconciler_ = std::move(*Reconciler::Open(std::move(options), fake_, SystemFiles()));
  Offer(1, {model});
  Settle();
  EXPECT_NE(Status().reason.find("model.json"), std::string::npos) << Status().reason;
}

TEST_F(ReconcilerTest, AScorerThatDiesIsStartedAgainEvenWhenANewVersionFails) {
  Open();
  Offer(1, {registry_.Push(1)});
  Settle();
  Offer(2, {registry_.Push(2)});
  fake_.Kill("delay");
  EXPECT_TRUE(Step());
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_TRUE(reconciler_->Live().at(0).running->Alive());
  EXPECT_EQ(warmed_.size(), 1U) << "the same version needs no warming";
  fake_.Kill("delay");
  fake_.FailNext({Code::kUnavailable, "cannot start"});
  EXPECT_TRUE(Step());
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
}

TEST_F(ReconcilerTest, AnOldVersionStopsWhenItsLastRequestIsDone) {
  Open();
  Offer(1, {registry_.Push(1)});
  Settle();
  auto request = reconciler_->Live();
  const auto generation = reconciler_->generation();
  Offer(2, {registry_.Push(2)});
  Settle();
  EXPECT_NE(reconciler_->generation(), generation);
  EXPECT_EQ(fake_.running(), 2);
  EXPECT_TRUE(request.at(0).running->engine().Score(std::vector<float>(3), Soon()));
  request.clear();
  Step();
  EXPECT_EQ(fake_.running(), 1);
}

TEST_F(ReconcilerTest, AfterARestartWithoutANetworkTheLastGoodVersionServes) {
  Open();
  Offer(1, {registry_.Push(1)});
  Settle();
  Offer(2, {registry_.Push(2)});
  registry_.FailNext({Code::kUnavailable, "no network"});
  Step();
  Open(std::chrono::hours(1));
  EXPECT_EQ(reconciler_->desired()->number, 2U);
  EXPECT_TRUE(Step());
  EXPECT_EQ(LiveVersion(), "v1");
  registry_.FailNext({Code::kUnavailable, "no network"});
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_EQ(Status().state, "failed");
}

TEST_F(ReconcilerTest, ADamagedFileOnDiskIsPulledAgain) {
  Open();
  const auto model = registry_.Push(1);
  Offer(1, {model});
  Settle();
  ASSERT_TRUE(SystemFiles().ReplaceDurably(folder_.path() / "deploy/models" / model.digest.Hex() / "model.onnx", "flipped"));
  Open();
  Settle();
  EXPECT_EQ(LiveVersion(), "v1");
  EXPECT_EQ(registry_.pulls(), 2);
}

TEST_F(ReconcilerTest, ADamagedDesiredStateIsSetAsideAndTakenAgain) {
  Open();
  Offer(1, {registry_.Push(1)});
  reconciler_.reset();
  ASSERT_TRUE(SystemFiles().ReplaceDurably(folder_.path() / "deploy/desired.json", "{"));
  const auto opened = Reconciler::Open({.folder = folder_.path() / "deploy", .pull = {}}, fake_, SystemFiles());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_FALSE((*opened)->desired());
  EXPECT_EQ(SystemFiles().Read(folder_.path() / "deploy/desired.json.damaged").value(), "{");
}

// The figure, with real processes: no request fails while versions change under it.
TEST_F(ReconcilerTest, TenThousandRequestsSeeNoFailureAcrossSwaps) {
  ProcessTarget target({.program = EDGEWISE_SCORER, .socket_folder = folder_.path(), .log = {}});
  Open(target);
  const std::vector<DesiredModel> versions = {registry_.Push(1), registry_.Push(2)};
  Offer(1, {versions[0]});
  Settle();
  std::atomic<int> asked = 0;
  std::atomic<int> failed = 0;
  std::atomic<bool> enough = false;
  std::jthread client([&] {
    while (!enough) {
      const auto live = reconciler_->Live();
      failed += live.size() == 1 && live[0].running->engine().Score(std::vector<float>(3), Soon()) ? 0 : 1;
      ++asked;
    }
  });
  std::uint64_t swaps = 0;
  while (asked < 10'000 || swaps < 3) {
    Offer(swaps + 2, {versions[(swaps + 1) % 2]});
    ++swaps;
    Settle();
  }
  enough = true;
  client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(reconciler_->status().applied, swaps + 1);
}

TEST_F(ReconcilerTest, AScorerKilledInTheMiddleOfASwapCostsNothing) {
  ProcessTarget target({.program = EDGEWISE_SCORER, .socket_folder = folder_.path(), .log = {}});
  Reconciler::Options options{.folder = folder_.path() / "deploy", .pull = {}};
  options.pull = [this](const std::string&, const Digest& digest) { return registry_.Pull(digest); };
  std::optional<int> victim;
  options.before_swap = [&](const auto&, const auto&) -> Result<void> {
    if (victim) kill(*victim, SIGKILL);  // the old one, while the new one is ready and not yet live
    return {};
  };
  reconciler_ = std::move(*Reconciler::Open(std::move(options), target, SystemFiles()));
  Offer(1, {registry_.Push(1)});
  Settle();
  victim = reconciler_->Live().at(0).running->pid();
  Offer(2, {registry_.Push(2)});
  Settle();
  EXPECT_EQ(LiveVersion(), "v2");
  EXPECT_TRUE(reconciler_->Live().at(0).running->engine().Score(std::vector<float>(3), Soon()));
}

}  // namespace
}  // namespace edgewise::deploy::test
