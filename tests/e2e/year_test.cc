#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/lineage_id.h"

namespace edgewise {
namespace {

using nlohmann::json;

/// The demo on a small simulated year: every station at its sink, as a stranger would see it.
TEST(Year, TheLoopClosesAndKeepsItsWord) {
  const auto folder = std::filesystem::temp_directory_path() / ("edgewise-year-" + LineageId::Random().ToString());
  const auto command = fmt::format("{} demo --data simulator --flights-per-day 15 --example {} --folder {} --json >{}.json 2>{}.log",
                                   EDGEWISE_PROGRAM, EDGEWISE_EXAMPLE, folder.string(), folder.string(), folder.string());
  const int status = std::system(command.c_str());
  std::ifstream text(folder.string() + ".json");
  const auto report = json::parse(text, nullptr, false);
  ASSERT_TRUE(report.is_object()) << "see " << folder << ".log";
  EXPECT_EQ(WEXITSTATUS(status), 0) << report.dump(1);

  EXPECT_EQ(report["flights"], 3 * 365 * 15);
  EXPECT_EQ(report["scored"], 3 * (365 - 31) * 15) << "3: those scheduled from 1 February on";
  EXPECT_EQ(report["labelled"].get<int>() + report["never_labelled"].get<int>(), report["scored"]);
  EXPECT_GT(report["never_labelled"], 0);
  EXPECT_EQ(report["quarantined"], 1) << "4: the broken sensor";
  EXPECT_EQ(report["events"]["appended"], report["events"]["stored"]) << "5 and 6";
  EXPECT_EQ(report["events"]["stored"], report["events"]["indexed"]);
  EXPECT_EQ(report["events"]["lost"], 0);
  EXPECT_EQ(report["events"]["doubled"], 0);
  EXPECT_EQ(report["leaks"], 0);
  EXPECT_GT(report["lineage"]["checked"], 40);
  EXPECT_EQ(report["lineage"]["broken"], 0);
  std::map<std::string, std::string> decisions;
  for (const auto& model : report["models"]) decisions[model["version"]] = model["decision"];
  EXPECT_EQ(decisions["pilot"], "pilot");
  EXPECT_EQ(decisions["frozen"], "frozen");
  EXPECT_EQ(decisions["2013-08-hardest"], "refused") << "7: who learns from mistakes alone is refused";
  EXPECT_EQ(decisions.size(), 2U + 8 + 2);
  const auto learned = [&](const std::string& model) {
    std::ifstream card(folder / model / "model.json");
    return std::string(std::istreambuf_iterator<char>(card), {});
  };
  ASSERT_NE(learned("models/frozen").find("D21"), std::string::npos);
  EXPECT_EQ(learned("models/frozen").find("D25"), std::string::npos) << "a destination that first appears in April is \"other\" to it";
  std::string promoted;
  for (const auto& [version, decision] : decisions) {
    if (decision == "promoted") promoted = version;  // the last one
  }
  EXPECT_NE(learned("state/hub/challenges/" + promoted).find("D25"), std::string::npos) << "and was learned later";
  EXPECT_GT(report["loop_auc"].get<double>(), report["pilot_auc"].get<double>());
  if (HasFailure()) return;
  std::filesystem::remove_all(folder);
  std::filesystem::remove(folder.string() + ".json");
  std::filesystem::remove(folder.string() + ".log");
}

}  // namespace
}  // namespace edgewise
