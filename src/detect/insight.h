#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"

namespace edgewise::detect {

/// A scored row as far as an insight shows it. Site data: leaves only through the policy.
struct ScoredRow {
  LineageId lineage;
  double score = 0;
  std::string model;   ///< Image digest.
  std::string flight;  ///< What the row is about, in the site's own words: the number of the service,
  std::string tail;    ///< the machine that does it,
  std::string dest;    ///< and where it goes.
  std::string note;    ///< Free text that came with the request.
};

/// What an hour's insight holds (docs/formats/events.md).
struct InsightData {
  EventTime hour;  ///< Its start.
  std::uint64_t scored = 0;
  double mean_score = 0;
  std::uint64_t high_risk = 0;  ///< score >= 0.5
  std::uint64_t labelled = 0;
  std::uint64_t late = 0;
  std::string model;               ///< Of the last row.
  std::vector<LineageId> rows;     ///< The 8 with the highest scores, highest first.
  std::optional<ScoredRow> worst;  ///< The highest of them; its note is the insight's crew note.
};

/// Sums up what a site scored and learned in an hour. Threads: one at a time.
class HourlyInsight {
 public:
  void Scored(const ScoredRow& row);
  void Labelled(bool late);
  /// Closes the hour that starts at `hour` and begins the next. Nothing if nothing happened.
  std::optional<InsightData> Finish(EventTime hour);

  std::string Save() const;
  /// Errors: kDataLoss (damaged), kFailedPrecondition (newer format: upgrade).
  static Result<HourlyInsight> Load(std::string_view bytes);

 private:
  struct Ranked {
    LineageId lineage;
    double score = 0;
  };
  InsightData data_;
  double score_sum_ = 0;
  std::vector<Ranked> top_;  // at most 8, highest first; equal scores in the order they came
};

}  // namespace edgewise::detect
