#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/lineage_id.h"
#include "base/result.h"
#include "demo/progress.h"
#include "demo/replay.h"
#include "demo/report.h"
#include "demo/scientist.h"
#include "demo/started.h"
#include "demo/traffic.h"

namespace edgewise::demo {

/// A year of three sites, told to `edgewise up` over HTTP, with a data scientist who runs the ordinary commands; then what came of it.
/// Everything is written below `folder`: data, configuration, state, report.json. A stop request ends all that was started.
class Story {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path example;  ///< features.toml, rules.toml, policy.toml
    std::string data;               ///< "flights" or "simulator"
    std::string start_over;         ///< The command that does it, for a person.
    Progress* progress = nullptr;   ///< Outlives the story.
    std::stop_token stop;
  };
  Story(Options options, std::unique_ptr<Traffic> traffic);

  /// Errors: kFailedPrecondition (a state is there already), kInternal (a command failed: its words), kUnavailable (stopped), as HTTP.
  Result<Report> Tell();
  const std::string& hub() const { return up_->hub; }  ///< After Tell(); runs until this object goes.

 private:
  void Say(const std::string& line);
  void Advance(double share);
  void SayChallenges(const nlohmann::json& timeline, EventTime moment);
  Result<void> TellUntil(EventTime until, std::vector<std::unique_ptr<SiteReplay>>& replays);
  Result<void> Replay(Report& report);
  Result<void> WaitUntilSettled(EventTime moment);
  Result<void> Deploy(const Fit& fit);
  Result<void> Judge(Report& report);
  Result<void> Backtest(Report& report);
  Result<std::vector<JudgedRow>> TenPercent();
  Result<std::vector<JudgedRow>> ScoreAgain(const std::filesystem::path& model, const std::string& from, const std::string& until);
  Result<void> ReadSinks(Report& report);
  Result<void> AskHub(Report& report);
  void JudgeDisruptions(const std::set<std::pair<std::string, std::string>>& alarmed, Report& report) const;
  Result<void> TraceLineage(const std::vector<LineageId>& insights, Report& report);
  Result<std::string> Get(const std::string& address, const std::string& target) const;
  std::filesystem::path State() const { return options_.folder / "state"; }

  Options options_;
  std::unique_ptr<Traffic> traffic_;
  Scientist scientist_;
  double reached_ = 0;
  std::optional<Started> up_;
};

}  // namespace edgewise::demo
