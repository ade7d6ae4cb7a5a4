#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hub/detail/json.h"
#include "hub/index.h"

namespace edgewise::hub::detail {

/// One site's insights as columns, an hour or a day each.
class Columns {
 public:
  explicit Columns(std::int64_t bucket_ms) : bucket_ms_(bucket_ms) {}

  void Add(const Insight& insight) {
    const auto start = insight.hour.ms / bucket_ms_ * bucket_ms_ / 1000;
    if (time_.empty() || time_.back() != start) Open(start);
    scored_.back() += insight.scored;
    high_risk_.back() += insight.high_risk;
    labelled_.back() += insight.labelled;
    late_.back() += insight.late;
    score_sum_.back() += insight.mean_score * static_cast<double>(insight.scored);
    lineage_.back() = insight.lineage;
  }

  Json Write(const std::string& site) && {
    Json mean = Json::array();
    Json lineage = Json::array();
    for (std::size_t i = 0; i < time_.size(); ++i) {
      mean.push_back(scored_[i] == 0 ? Json() : Json(score_sum_[i] / static_cast<double>(scored_[i])));  // quiet: a gap in the line
      lineage.push_back(lineage_[i].ToString());
    }
    return {{"site", site},
            {"time", time_},
            {"scored", scored_},
            {"mean_score", std::move(mean)},
            {"high_risk", high_risk_},
            {"labelled", labelled_},
            {"late", late_},
            {"lineage", std::move(lineage)}};
  }

 private:
  void Open(std::int64_t seconds) {
    time_.push_back(seconds);
    for (auto* column : {&scored_, &high_risk_, &labelled_, &late_}) column->push_back(0);
    score_sum_.push_back(0);
    lineage_.emplace_back();
  }

  std::int64_t bucket_ms_;
  std::vector<std::int64_t> time_;
  std::vector<std::uint64_t> scored_, high_risk_, labelled_, late_;
  std::vector<double> score_sum_;
  std::vector<LineageId> lineage_;
};

}  // namespace edgewise::hub::detail
