#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/lineage_id.h"
#include "base/result.h"
#include "child.h"
#include "demo/report.h"
#include "demo/traffic.h"

namespace edgewise::demo {

/// A year of three sites, told to `edgewise up` over HTTP, with a data scientist who runs the ordinary commands; then what came of it.
/// Everything is written below `folder`: data, configuration, state, report.json.
class Story {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path example;  ///< features.toml, rules.toml, policy.toml
    std::string data;               ///< "flights" or "simulator"
    std::function<void(const std::string&)> say;
  };
  Story(Options options, std::unique_ptr<Traffic> traffic) : options_(std::move(options)), traffic_(std::move(traffic)) {}

  /// Errors: kFailedPrecondition (a state is there already), kInternal (a command failed: its words), as HTTP.
  Result<Report> Tell();
  const std::string& hub() const { return hub_; }  ///< Runs until this object goes.

 private:
  Result<void> WriteConfiguration();
  Result<void> MakeHistory();
  Result<void> StartUp();
  Result<void> Replay(Report& report);
  Result<void> WaitUntilSettled(EventTime moment);
  Result<void> Deploy(const std::string& version, const std::string& until, const std::string& site, const std::string& reason);
  Result<void> Judge(Report& report);
  Result<void> Backtest(Report& report);
  Result<std::vector<JudgedRow>> TenPercent();
  Result<std::vector<JudgedRow>> ScoreAgain(const std::filesystem::path& model, const std::string& from, const std::string& until);
  Result<void> ReadSinks(Report& report);
  Result<void> AskHub(Report& report);
  void JudgeDisruptions(const std::set<std::pair<std::string, std::string>>& alarmed, Report& report) const;
  Result<void> TraceLineage(const std::vector<LineageId>& insights, Report& report);
  Result<std::string> Run(std::vector<std::string> arguments, const std::vector<int>& good = {0}) const;
  Result<std::string> Get(const std::string& address, const std::string& target) const;
  std::filesystem::path State() const { return options_.folder / "state"; }
  std::vector<std::string> HistoryFiles() const;

  Options options_;
  std::unique_ptr<Traffic> traffic_;
  std::string hub_, registry_;
  std::vector<std::string> sites_;  ///< Addresses, in the order of the traffic's sites.
  std::optional<Child> up_;
};

}  // namespace edgewise::demo
