#include "site_progress.h"

#include <gtest/gtest.h>

namespace edgewise {
namespace {

using nlohmann::json;

json Site(std::uint64_t desired, std::uint64_t applied, const std::string& state, const std::string& reason) {
  const json model = {{"name", "delay"}, {"digest", "sha256:00"}, {"version", "one"}, {"state", state}, {"reason", reason}};
  return {{"site", "EWR"}, {"status", {{"desired", desired}, {"applied", applied}, {"refused", nullptr}, {"models", {model}}}}};
}

TEST(SiteProgresses, AreLiveWhenTheNumberIsApplied) {
  EXPECT_TRUE(ProgressOf(Site(2, 2, "live", ""), 2).live);
  EXPECT_FALSE(ProgressOf(Site(2, 1, "waiting", ""), 2).live);
}

TEST(SiteProgresses, EndTheWaitOnlyWhenTheSiteWillNotTryAgain) {
  const std::string broken = "INVALID_ARGUMENT: no model", away = "UNAVAILABLE: no registry";
  EXPECT_TRUE(ProgressOf(Site(2, 1, "failed", broken), 2).given_up);
  EXPECT_FALSE(ProgressOf(Site(2, 1, "failed", away), 2).given_up) << "it tries again";
  EXPECT_FALSE(ProgressOf(Site(1, 0, "failed", broken), 2).given_up) << "it speaks of what was wanted before";
  auto refused = Site(1, 1, "failed", "");
  refused["status"]["refused"] = "desired state 2 is refused: policy";
  EXPECT_TRUE(ProgressOf(refused, 2).given_up);
}

TEST(SiteProgresses, TellWhoWaitedWhyWhatServesAndHowToUndo) {
  const auto failed = ProgressOf(Site(4, 3, "failed", "INVALID_ARGUMENT: no model"), 4);
  auto silent = ProgressOf({{"site", "JFK"}, {"status", nullptr}}, 4);
  const auto text = WaitedInVain(4, {failed, silent, ProgressOf(Site(4, 4, "live", ""), 4)});
  EXPECT_EQ(text,
            "number 4 is not live everywhere\n  EWR: delay failed: INVALID_ARGUMENT: no model; still serving there: delay one\n"
            "  JFK: has not taken it over yet\n  the sites go on trying what may still succeed; to undo it: edgewise deploy back --to 3");
  EXPECT_NE(WaitedInVain(1, {silent}).find("nothing was live there before"), std::string::npos);
}

TEST(SiteProgresses, ReadWhatIsNoStatusAsNothing) {
  for (const auto& site : {json(), json(3), json{{"status", 3}}, json{{"status", {{"models", 7}, {"applied", "2"}}}}})
    EXPECT_FALSE(ProgressOf(site, 1).live) << site;
}

}  // namespace
}  // namespace edgewise
