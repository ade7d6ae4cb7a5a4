#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

/// What applications see of a site whose scorers and versions come and go.
using DeploymentTest = SiteTest;

TEST_F(DeploymentTest, AScorersDeathCostsNoRequest) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  net::HttpResponse scored;
  {
    const std::lock_guard away(mutex_);  // the deployment's thread waits for the hub: nobody but the request can help
    target_.Kill("late");
    scored = Score(1, "B");
  }
  ASSERT_EQ(scored.status, 200) << scored.body;
  EXPECT_EQ(nlohmann::json::parse(scored.body)["version"], "1");
  EXPECT_EQ(Status()["scored"], 2);
}

TEST_F(DeploymentTest, AScorerThatEndsAgainIsRefusedAtOnceAndComesBackByItself) {
  WaitUntilLive();
  target_.Kill("late");
  ASSERT_EQ(Score(0, "A").status, 200);
  target_.Kill("late");
  const auto refused = Score(1, "B");
  EXPECT_EQ(refused.status, 503) << "it was to wait a second before it is started again";
  EXPECT_NE(refused.body.find("started again after a pause"), std::string::npos) << refused.body;
  EXPECT_EQ(Status()["scored"], 1) << "a refused request leaves nothing behind";
  WaitUntil([&] { return Score(2, "C").status == 200; });
  EXPECT_EQ(Status()["scored"], 2);
}

TEST_F(DeploymentTest, ADesiredStateUnderAnotherPolicyIsRefusedByName) {
  WaitUntilLive();
  const auto present = Digest::Of(kPolicy), wanted = Digest::Of("another file");
  EXPECT_EQ(Status()["policy"], present.ToString());
  Push("2", SlowFeatures());
  Desire({.number = 2, .models = {{"late", "models/late", Digest::Of("2"), "2"}}, .policy = wanted});
  WaitUntil([&] { return !Status()["refused"].is_null(); });
  const auto refused = Status()["refused"].get<std::string>();
  EXPECT_NE(refused.find(fmt::format("policy {} is wanted, this site runs {}", wanted.ToString(), present.ToString())), std::string::npos);
  EXPECT_EQ(Status()["models"][0]["reason"], refused) << "the hub shows a model's reason";
  EXPECT_EQ(nlohmann::json::parse(Score(0, "A").body)["version"], "1");
  Desire({.number = 3, .models = {{"late", "models/late", Digest::Of("2"), "2"}}, .policy = present});
  WaitUntilLive(3);
  EXPECT_TRUE(Status()["refused"].is_null());
  EXPECT_EQ(nlohmann::json::parse(Score(1, "B").body)["version"], "2");
}

TEST_F(DeploymentTest, AModelThatNeedsATableThisSiteDoesNotHaveIsRefusedByName) {
  WaitUntilLive();
  std::string features(kFeatures);
  constexpr std::string_view kAmount = R"({ name = "amount", field = "amount" })";
  features.replace(features.find(kAmount), kAmount.size(), R"({ name = "size", table = "sizes", column = "m2", key = "name" })");
  Push("2", features);
  Desire(2, "2");
  WaitUntil([&] { return Status()["models"][0]["state"] == "failed"; });
  const auto reason = Status()["models"][0]["reason"].get<std::string>();
  EXPECT_NE(reason.find("[tables.sizes]"), std::string::npos) << reason;
  EXPECT_EQ(nlohmann::json::parse(Score(0, "A").body)["version"], "1");
  Push("3", features + "[tables.sizes]\noptional = true\n");
  Desire(3, "3");
  WaitUntilLive(3);
  EXPECT_EQ(nlohmann::json::parse(Score(1, "B").body)["version"], "3");
}

TEST_F(DeploymentTest, AModelThatIsNotToBeHadLeavesTheOldOneServing) {
  WaitUntilLive();
  Desire(2, "nowhere");
  WaitUntil([&] { return Status()["models"][0]["state"] == "failed"; });
  EXPECT_EQ(nlohmann::json::parse(Score(0, "A").body)["version"], "1");
  Push("2", SlowFeatures());
  Desire(3, "2");
  WaitUntilLive(3);
  EXPECT_EQ(nlohmann::json::parse(Score(1, "B").body)["version"], "2");
  Desire(4, "1");
  WaitUntilLive(4);
  EXPECT_EQ(nlohmann::json::parse(Score(2, "C").body)["version"], "1") << "going back is a new number";
}

}  // namespace
}  // namespace edgewise::site::test
