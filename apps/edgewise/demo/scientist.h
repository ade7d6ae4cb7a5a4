#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "demo/traffic.h"

namespace edgewise::demo {

inline constexpr std::string_view kModel = "delay";            ///< What the applications ask for.
inline constexpr std::string_view kZone = "America/New_York";  ///< Of the year's days and months.

/// A model that the data scientist makes.
struct Fit {
  std::string version;
  std::string until;   ///< Local date: only labels known before it.
  std::string site;    ///< "" = all.
  std::string reason;  ///< For people.
};

/// The data scientist of a year: lays out the configuration, makes history into samples, fits, packs, pushes and deploys, all of it by the
/// ordinary commands of `program`. Everything is written below `folder`. Borrows the traffic.
class Scientist {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path example;  ///< features.toml, rules.toml, policy.toml
    std::filesystem::path program;
    std::stop_token stop;  ///< Ends the command that runs; kUnavailable.
  };
  Scientist(const Traffic& traffic, Options options) : traffic_(traffic), options_(std::move(options)) {}

  /// edgewise.toml and planes.csv: hub, registry and sites on free ports, challengers from May to December.
  Result<void> WriteConfiguration() const;
  /// January to March as samples, one file a site.
  Result<void> MakeHistory() const;
  /// Errors: kInternal (a command failed: its words).
  Result<void> Deploy(const Fit& fit, const std::string& hub, const std::string& registry) const;

  Result<std::string> Run(std::vector<std::string> arguments, const std::vector<int>& good = {0}) const;
  std::vector<std::string> HistoryFiles() const;

 private:
  const Traffic& traffic_;
  Options options_;
};

}  // namespace edgewise::demo
