#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "demo/scientist.h"
#include "demo/started.h"
#include "demo/traffic.h"

namespace edgewise::e2e {

/// What came of a year, read back at the sinks. Two years that were told the same are equal here, whatever was killed on the way.
struct Outcome {
  std::map<std::string, nlohmann::json> counts;  ///< Of each site: records, scored, labelled, never, pending, quarantined.
  /// Flight -> time and model of its score, score, label and its time, as the operator's export says.
  std::map<std::string, std::string> scores;
  std::uint64_t doubled_scores = 0;
  std::map<std::string, std::uint64_t> events;  ///< Site and type -> stored events.
  std::map<std::string, std::string> samples;   ///< Event id -> features and label: a bent average would show here.
  std::map<std::string, std::string> models;    ///< Version -> decision.
  std::uint64_t appended = 0, stored = 0, denied = 0, indexed = 0, lost = 0, doubled = 0, leaks = 0;
};

/// Errors: as HTTP, Store, Files; kDeadlineExceeded (the hub does not index all).
Result<Outcome> ReadOutcome(const std::filesystem::path& folder, const demo::Traffic& traffic, const demo::Scientist& scientist,
                            const demo::Started& up);

}  // namespace edgewise::e2e
