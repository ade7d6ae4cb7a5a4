#include "deployment.h"

#include <gtest/gtest.h>

namespace edgewise {
namespace {

deploy::DesiredState State(std::uint64_t number, const std::string& version) {
  return {.number = number, .models = {{"delay", "delay", Digest::Of(version), version}}, .policy = {}};
}

/// "EWR as of 2, JFK as of 1"
std::string Told(const std::vector<SiteHistory>& histories, std::uint64_t to) {
  const auto plan = PlanBack(histories, to);
  if (!plan) return plan.error().message;
  std::string text;
  for (const auto& step : *plan) text += step.site + ":" + std::to_string(step.state.number) + " ";
  return text;
}

// EWR ran 1, 2, 4; JFK was told at 1 and 2 only.
const std::vector<SiteHistory> kSites = {{"EWR", {State(4, "c"), State(2, "b"), State(1, "a")}}, {"JFK", {State(2, "b"), State(1, "a")}}};

TEST(Deployment, GoesBackToWhatEachSiteRanAtANumber) {
  EXPECT_EQ(Told(kSites, 1), "EWR:1 JFK:1 ");
  EXPECT_EQ(Told(kSites, 2), "EWR:2 ") << "JFK runs that already";
  EXPECT_EQ(Told(kSites, 4), "") << "all do";
}

TEST(Deployment, WithoutANumberItGoesToTheNewestThatWasAnother) {
  EXPECT_EQ(Told(kSites, 0), "EWR:2 ");
  const std::vector<SiteHistory> went_back = {{"EWR", {State(3, "a"), State(2, "b"), State(1, "a")}}};
  EXPECT_EQ(Told(went_back, 0), "EWR:2 ") << "back from going back";
  const std::vector<SiteHistory> repeated = {{"EWR", {State(3, "b"), State(2, "b"), State(1, "a")}}};
  EXPECT_EQ(Told(repeated, 0), "EWR:1 ") << "the same under another number is no way back";
}

TEST(Deployment, WithoutANumberItDoesNotGoToWhatWasNeverLive) {
  std::vector<SiteHistory> sites = {{"EWR", {State(3, "c"), State(2, "b"), State(1, "a")}, 1}};
  EXPECT_EQ(Told(sites, 0), "EWR:1 ") << "2 failed as 3 did";
  EXPECT_EQ(Told(sites, 2), "EWR:2 ") << "who names it gets it";
  sites[0].applied = 0;
  EXPECT_NE(Told(sites, 0).find("nothing to go back to"), std::string::npos);
}

TEST(Deployment, SaysWhatThereIsWhenItCannotGoBack) {
  EXPECT_EQ(Told(kSites, 3), "there is no number 3 to go back to; there are: 1, 2, 4");
  EXPECT_NE(Told({{"EWR", {State(1, "a")}}}, 0).find("nothing to go back to"), std::string::npos);
  EXPECT_NE(Told({}, 0).find("nothing to go back to"), std::string::npos);
}

TEST(Deployment, ASiteThatIsYoungerThanTheNumberIsLeftAlone) {
  const std::vector<SiteHistory> sites = {{"EWR", {State(2, "b"), State(1, "a")}}, {"LGA", {State(2, "b")}}};
  EXPECT_EQ(Told(sites, 1), "EWR:1 ");
}

}  // namespace
}  // namespace edgewise
