#include "schedule.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/files.h"
#include "base/lineage_id.h"
#include "deploy/desired_state.h"
#include "hub/fake_index.h"

namespace edgewise {
namespace {

using nlohmann::json;

/// A hub with two sites that say what they run, and challenges that decide as the test wants.
class ScheduleTest : public testing::Test {
 protected:
  void SetUp() override {
    train::ModelCard card;
    card.name = "delay";
    card.version = "frozen";
    card.program = "{}";
    const json entry = {{"version", "frozen"},   {"digest", Digest::Of("frozen").ToString()},
                        {"repository", "delay"}, {"card", train::ToJson(card)},
                        {"decision", "frozen"},  {"reason", ""}};
    ASSERT_TRUE(fleet_->RegisterModel(entry.dump()));
    for (const auto* site : {"A", "B"}) {
      ASSERT_TRUE(fleet_->SetDesired(
          site, deploy::ToJson({.number = 1, .models = {{"delay", "delay", Digest::Of("frozen"), "frozen"}}, .policy = {}})));
      Report(site, "2013-04-30T00:00:00Z", 1);
    }
  }
  void TearDown() override {
    thread_ = {};
    std::filesystem::remove_all(folder_);
  }

  void Report(const std::string& site, const std::string& drained, std::uint64_t applied) {
    const json status = {{"site", site}, {"clock", drained}, {"drained", drained}, {"applied", applied}, {"models", json::array()}};
    ASSERT_TRUE(fleet_->Report(site, status.dump()));
  }
  void Start() {
    Schedule::Options options{.plan = {}, .folder = folder_, .zone = "UTC", .challenge = {}, .publish = {}};
    options.plan.model = "delay";
    options.plan.first = "2013-05-01";
    options.plan.extras = {{.on = "2013-05-01", .name = "odd", .select = "hardest:0.1", .head_to_head = true}};
    options.challenge = [this](const ChallengePlan& plan, const std::stop_token&) -> Result<void> {
      {
        const std::lock_guard lock(mutex_);
        run_.push_back(plan.version + " " + plan.select);
      }
      if (plan.version == broken_) return Fail(Code::kInternal, "the challenge broke");
      const json decision = {{"promote", plan.select == "all"}, {"reason", "because"}, {"challenger_onnx", Digest::Of("x").ToString()}};
      EDGEWISE_TRY(SystemFiles().MakeDirs(plan.out));
      EDGEWISE_TRY(SystemFiles().ReplaceDurably(plan.out / "decision.json", decision.dump()));
      EDGEWISE_ASSIGN(const auto card, SystemFiles().Read(plan.champion));
      return SystemFiles().ReplaceDurably(plan.out / "model.json", card);
    };
    options.publish = [](const std::filesystem::path&, const std::string& version) -> Result<Digest> { return Digest::Of(version); };
    schedule_.emplace(Schedule::Make(std::move(options), *fleet_, *timeline_).value());
    thread_ = std::jthread([this](const std::stop_token& stop) { schedule_->Run(stop); });
  }
  std::vector<std::string> RunSoFar() {
    const std::lock_guard lock(mutex_);
    return run_;
  }
  template <class Condition>
  void WaitFor(const char* what, Condition condition) {
    const auto deadline = Deadline::After(std::chrono::seconds(20));
    while (!condition()) {
      ASSERT_FALSE(deadline.Expired()) << what;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // between two looks
    }
  }
  std::uint64_t Desired(const std::string& site) { return deploy::DesiredFromJson(fleet_->Desired(site).value()).value().number; }
  static EventTime At(const char* text) { return ParseTime(text).value(); }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-schedule-" + LineageId::Random().ToString());
  WallClock clock_;
  hub::FakeIndex index_;
  std::unique_ptr<hub::Fleet> fleet_ = hub::Fleet::Open(index_, clock_, {.sites = {"A", "B"}}).value();
  std::unique_ptr<hub::Timeline> timeline_ = hub::Timeline::Open(index_).value();
  std::string broken_;
  std::optional<Schedule> schedule_;
  std::mutex mutex_;
  std::vector<std::string> run_;
  std::jthread thread_;
};

TEST_F(ScheduleTest, AMonthBeginsWhenEverySiteHasSentAllAndEndsWhenEveryoneRunsTheNewModel) {
  Start();
  WaitFor("settled up to what has come back", [&] { return timeline_->settled() == At("2013-04-30T00:00:00Z"); });
  Report("A", "2013-05-01T00:00:00Z", 1);
  EXPECT_TRUE(RunSoFar().empty()) << "B has not sent all";
  Report("B", "2013-05-01T00:00:00Z", 1);
  WaitFor("the promoted model is wanted", [&] { return Desired("B") == 2; });
  EXPECT_EQ(RunSoFar(), (std::vector<std::string>{"2013-05-odd hardest:0.1", "2013-05 all"}));
  Report("A", "2013-05-01T00:00:00Z", 2);
  EXPECT_LT(timeline_->settled(), At("2013-05-01T00:00:00Z")) << "B does not run it yet";
  Report("B", "2013-05-01T00:00:00Z", 2);
  WaitFor("settled", [&] { return timeline_->settled() == At("2013-05-01T00:00:00Z"); });
  const auto models = fleet_->Models();
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[1].decision, "refused");
  EXPECT_EQ(models[1].reason, "because");
  EXPECT_EQ(models[2].decision, "promoted");
}

TEST_F(ScheduleTest, ARolloutLeavesOtherModelsAndThePolicyOfASiteAlone) {
  const deploy::DesiredModel other{"gate", "gate", Digest::Of("gate"), "7"};
  ASSERT_TRUE(fleet_->SetDesired(
      "B",
      deploy::ToJson({.number = 5, .models = {other, {"delay", "delay", Digest::Of("frozen"), "frozen"}}, .policy = Digest::Of("p")})));
  Start();
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 5);
  WaitFor("the promoted model is wanted", [&] { return Desired("A") == 6 && Desired("B") == 6; });
  const auto wanted = deploy::DesiredFromJson(fleet_->Desired("B").value()).value();
  ASSERT_EQ(wanted.models.size(), 2U);
  EXPECT_EQ(wanted.models[0], other);
  EXPECT_EQ(wanted.models[1].digest, Digest::Of("2013-05"));
  EXPECT_EQ(wanted.policy, Digest::Of("p"));
}

TEST_F(ScheduleTest, AStatusOfWrongTypesIsRefusedAndTheScheduleGoesOn) {
  Start();
  for (const auto* odd : {R"({"site":"A","drained":5})", R"({"site":"A","applied":"x"})", R"({"site":"A","drained":"soon"})"}) {
    EXPECT_FALSE(fleet_->Report("A", odd)) << odd;
  }
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 1);
  WaitFor("the promoted model is wanted", [&] { return Desired("B") == 2; });
}

TEST_F(ScheduleTest, AChallengeThatBreaksIsShownAndTheOldModelStays) {
  broken_ = "2013-05";
  Start();
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 1);
  WaitFor("settled", [&] { return timeline_->settled() == At("2013-05-01T00:00:00Z"); });
  EXPECT_EQ(Desired("A"), 1U);
  const auto steps = timeline_->Steps();
  EXPECT_TRUE(std::ranges::any_of(steps, [](const auto& step) { return step.state == "failed" && step.outcome == "the challenge broke"; }));
}

TEST_F(ScheduleTest, AChallengeThatWasCutOffIsDoneAgain) {
  ASSERT_TRUE(timeline_->Begin(At("2013-05-01T00:00:00Z"), "challenge", "2013-05 (learns from: all)"));
  timeline_ = hub::Timeline::Open(index_).value();  // killed meanwhile
  Start();
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 1);
  WaitFor("wanted", [&] { return Desired("B") == 2; });
  EXPECT_EQ(RunSoFar(), (std::vector<std::string>{"2013-05-odd hardest:0.1", "2013-05 all"}));
}

TEST_F(ScheduleTest, AFinishedMonthIsNotDoneAgainAfterARestartAndACutOffOneGoesOnFromWhatWasDecided) {
  Start();
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 1);
  WaitFor("wanted", [&] { return Desired("A") == 2; });
  thread_ = {};  // stopped before the sites took it over
  run_.clear();
  timeline_ = hub::Timeline::Open(index_).value();
  Start();
  WaitFor("wanted again", [&] { return Desired("A") == 3; });
  EXPECT_TRUE(RunSoFar().empty()) << "deciding again would compare the promoted model with itself";
  for (const auto* site : {"A", "B"}) Report(site, "2013-05-01T00:00:00Z", 3);
  WaitFor("settled", [&] { return timeline_->settled() == At("2013-05-01T00:00:00Z"); });
  thread_ = {};
  run_.clear();
  timeline_ = hub::Timeline::Open(index_).value();
  Start();
  WaitFor("settled", [&] { return timeline_->settled() == At("2013-05-01T00:00:00Z"); });
  EXPECT_TRUE(RunSoFar().empty());
}

}  // namespace
}  // namespace edgewise
