#include "train/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/check.h"

namespace edgewise::train {

double Auc(std::span<const double> scores, std::span<const float> labels) {
  EDGEWISE_CHECK(scores.size() == labels.size());
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
  double wins = 0, positives = 0, negatives = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    double tied_positives = 0, tied_negatives = 0;
    auto end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      (labels[order[end]] > 0.5F ? tied_positives : tied_negatives) += 1;
    }
    wins += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
    begin = end;
  }
  return positives > 0 && negatives > 0 ? wins / (positives * negatives) : 0.5;
}

double LogLossOf(double score, float label) {
  constexpr double edge = 1e-7;
  const double p = std::clamp(score, edge, 1 - edge);
  return label > 0.5F ? -std::log(p) : -std::log1p(-p);
}

double LogLoss(std::span<const double> scores, std::span<const float> labels) {
  EDGEWISE_CHECK(scores.size() == labels.size());
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) sum += LogLossOf(scores[i], labels[i]);
  return scores.empty() ? 0 : sum / static_cast<double>(scores.size());
}

Metrics Measure(std::span<const double> scores, std::span<const float> labels) {
  return {.rows = scores.size(), .auc = Auc(scores, labels), .logloss = LogLoss(scores, labels)};
}

}  // namespace edgewise::train
