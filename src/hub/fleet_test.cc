// What sites say and are told: only by those that are configured, only in types that are known.
#include "hub/fleet.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hub/fake_index.h"

namespace edgewise::hub {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class FleetTest : public testing::Test {
 protected:
  std::unique_ptr<Fleet> Opened() { return *Fleet::Open(index_, clock_, {.sites = {"EWR", "JFK"}}); }
  static std::string DesiredState(int number) {
    return fmt::format(R"({{ "schema": "edgewise.desired.v1", "number": {}, "models": [], "signature": null }})", number);
  }
  json Status() { return json::parse(fleet_->Sites().at(0).status); }

  FakeIndex index_;
  ReplayClock clock_;
  std::unique_ptr<Fleet> fleet_ = Opened();
};

TEST_F(FleetTest, DesiredStatesCountUpAndKeepTheirBytes) {
  EXPECT_EQ(fleet_->Desired("EWR").error().code, Code::kNotFound);
  ASSERT_TRUE(fleet_->SetDesired("EWR", DesiredState(2)));
  ASSERT_TRUE(fleet_->SetDesired("EWR", DesiredState(2))) << "a retry";
  EXPECT_EQ(fleet_->SetDesired("EWR", DesiredState(2) + " ").error().code, Code::kAborted);
  EXPECT_EQ(*fleet_->Desired("EWR"), DesiredState(2));
  EXPECT_EQ(*Opened()->Desired("EWR"), DesiredState(2)) << "after a restart";
}

TEST_F(FleetTest, ADesiredStateThatNoSiteCouldTakeIsRefused) {
  for (const auto* odd :
       {"", "[]", R"({"schema":"edgewise.desired.v1","number":1})", R"({"schema":"edgewise.desired.v1","number":0,"models":[]})",
        R"({"schema":"edgewise.desired.v9","number":1,"models":[]})",
        R"({"schema":"edgewise.desired.v1","number":1,"models":[{"name":"../x","repository":"x","digest":"sha256:0"}]})"}) {
    EXPECT_EQ(fleet_->SetDesired("EWR", odd).error().code, Code::kInvalidArgument) << odd;
  }
  EXPECT_EQ(fleet_->SetDesired("EWR", std::string(4'000'000, '[')).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(fleet_->Desired("EWR"));
}

TEST_F(FleetTest, ASiteThatIsNotConfiguredIsNamedAndLeavesNoTrace) {
  for (const auto& refused : {fleet_->Report("EWX", R"({"site":"EWX"})"), fleet_->SetDesired("EWX", DesiredState(1))}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kNotFound);
    EXPECT_THAT(refused.error().message, HasSubstr("EWX"));
  }
  EXPECT_EQ(fleet_->Sites().size(), 2U);
  EXPECT_TRUE(index_.Documents("status")->empty());
  EXPECT_TRUE(index_.Documents("desired")->empty());
}

TEST_F(FleetTest, ASiteThatIsNoLongerConfiguredIsNotWaitedFor) {
  for (const auto* site : {"EWR", "JFK"}) {
    ASSERT_TRUE(fleet_->SetDesired(site, DesiredState(1)));
    ASSERT_TRUE(fleet_->Report(site, fmt::format(R"({{"site":"{}","applied":1}})", site)));
  }
  const auto fewer = *Fleet::Open(index_, clock_, {.sites = {"EWR"}});
  ASSERT_TRUE(fewer->Report("EWR", R"({"site":"EWR","clock":"2013-02-01T00:00:00Z"})"));
  EXPECT_EQ(fewer->Sites().size(), 1U);
  EXPECT_TRUE(fewer->EventNow());
}

TEST_F(FleetTest, ASiteInTroubleSaysWhetherTheLiveVersionIsToBlame) {
  const auto says = [&](int applied, const json& stopped, const json& refused, const char* version) {
    const json model = {{"name", "delay"}, {"version", version}, {"state", "failed"}, {"reason", "no disk"}};
    const json status = {{"site", "EWR"},     {"desired", 4},       {"applied", applied},
                         {"models", {model}}, {"stopped", stopped}, {"refused", refused}};
    EXPECT_TRUE(fleet_->Report("EWR", status.dump()));
    return fleet_->Sites()[0].reason;
  };
  EXPECT_EQ(says(3, nullptr, nullptr, "v2"), "serves v2; cannot take the wanted one: no disk");
  EXPECT_EQ(says(4, nullptr, "another policy", "v2"), "serves v2; cannot take the wanted one: no disk");
  EXPECT_EQ(says(4, nullptr, nullptr, "v2"), "model v2: no disk");
  EXPECT_EQ(says(3, nullptr, nullptr, ""), "serves no model: no disk");
  EXPECT_EQ(says(3, "lane sample: other bytes", nullptr, "v2"), "nothing leaves: lane sample: other bytes");
}

TEST_F(FleetTest, AStatusKeepsWhatIsKnownAndDropsTheRest) {
  const json sent = {{"site", "EWR"},
                     {"epoch", 1},
                     {"clock", "2013-02-01T00:00:00Z"},
                     {"drained", "2013-01-31T00:00:00Z"},
                     {"desired", 4},
                     {"applied", 3},
                     {"models", {{{"name", "delay"}, {"state", "live"}, {"passenger", "Ann"}}}},
                     {"queue", {{"sample", 9}, {"passenger", 1}}},
                     {"relay", {{"sample", {{"allowed", 8}, {"denied", 1}, {"stored_through", 9}, {"passenger", 1}}}}},
                     {"lanes", {{"sample", {{"waiting", 3}, {"dropped", 1}, {"oldest", "2013-01-30T00:00:00Z"}, {"passenger", 1}}}}},
                     {"offline_seconds", 5},
                     {"last_stored", "2013-01-31T00:00:00Z"},
                     {"stopped", nullptr},
                     {"scored", 7},
                     {"passenger", {"Ann"}}};
  ASSERT_TRUE(fleet_->Report("EWR", sent.dump()));
  auto expected = sent;
  expected.erase("passenger");
  expected.erase("stopped");
  expected["models"][0].erase("passenger");
  expected["queue"].erase("passenger");
  expected["relay"]["sample"].erase("passenger");
  expected["lanes"]["sample"].erase("passenger");
  EXPECT_EQ(Status(), expected);
  EXPECT_EQ(index_.Documents("status")->front().second.find("passenger"), std::string::npos);
  const auto restarted = Opened();
  for (const auto* fleet : {fleet_.get(), restarted.get()}) {
    EXPECT_EQ(fleet->Sites()[0].applied, 3U);
    EXPECT_EQ(fleet->Sites()[0].drained, *ParseTime("2013-01-31T00:00:00Z"));
  }
}

TEST_F(FleetTest, AKeyOfAnotherTypeIsNamedAndTheStatusBeforeStays) {
  ASSERT_TRUE(fleet_->Report("EWR", R"({"site":"EWR","applied":3})"));
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"drained", "5"},
                                                                                   {"clock", R"("noon")"},
                                                                                   {"applied", R"("x")"},
                                                                                   {"applied", "-1"},
                                                                                   {"applied", "1.5"},
                                                                                   {"epoch", "[]"},
                                                                                   {"models", "{}"},
                                                                                   {"models", "[5]"},
                                                                                   {"models", R"([{"state":5}])"},
                                                                                   {"lanes", "[]"},
                                                                                   {"lanes", R"({"sample":5})"},
                                                                                   {"lanes", R"({"sample":{"oldest":5}})"},
                                                                                   {"offline_seconds", "-1"},
                                                                                   {"relay", "[]"},
                                                                                   {"relay", R"({"sample":5})"},
                                                                                   {"queue", R"({"sample":"x"})"},
                                                                                   {"stopped", "true"}}) {
    const auto refused = fleet_->Report("EWR", fmt::format(R"({{"site":"EWR","{}":{}}})", key, value));
    ASSERT_FALSE(refused) << key << ' ' << value;
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_THAT(refused.error().message, HasSubstr(key));
  }
  EXPECT_EQ(Status(), json::parse(R"({"site":"EWR","applied":3})"));
}

TEST_F(FleetTest, BracketsWithoutEndAreRefused) {
  for (const auto& deep :
       {std::string(4'000'000, '['), R"({"site":"EWR","stopped":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}"}) {
    EXPECT_EQ(fleet_->Report("EWR", deep).error().code, Code::kInvalidArgument);
    EXPECT_EQ(fleet_->RegisterModel(deep).error().code, Code::kInvalidArgument);
  }
  const json card = {{"version", "1"}, {"decision", "pilot"}, {"card", std::string(4'000'000, '[')}};
  EXPECT_EQ(fleet_->RegisterModel(card.dump()).error().code, Code::kInvalidArgument);
}

TEST_F(FleetTest, ALongReasonIsCutAndNotRefused) {
  ASSERT_TRUE(fleet_->Report("EWR", json{{"site", "EWR"}, {"stopped", std::string(10'000, 'x')}}.dump()));
  EXPECT_EQ(Status()["stopped"].get<std::string>().size(), 2000U);
}

}  // namespace
}  // namespace edgewise::hub
