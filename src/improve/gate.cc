#include "improve/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "base/check.h"
#include "train/metrics.h"

namespace edgewise::improve {
namespace {

/// The gain of one day, summed over its rows.
struct Day {
  double gain = 0;
  std::size_t rows = 0;
};

std::vector<Day> GainByDay(const Comparison& comparison) {
  std::map<std::int32_t, Day> days;
  for (std::size_t i = 0; i < comparison.labels.size(); ++i) {
    auto& day = days[comparison.days[i]];
    day.gain +=
        train::LogLossOf(comparison.champion[i], comparison.labels[i]) - train::LogLossOf(comparison.challenger[i], comparison.labels[i]);
    ++day.rows;
  }
  std::vector<Day> all;
  for (const auto& [number, day] : days) all.push_back(day);
  return all;
}

/// Mean gains of days drawn with replacement, ascending. The index is drawn by hand: the library's distributions differ between compilers.
std::vector<double> Resampled(const std::vector<Day>& days, const Tolerance& tolerance) {
  std::mt19937_64 random(tolerance.seed);
  std::vector<double> gains;
  for (int i = 0; i < tolerance.resamples; ++i) {
    Day sum;
    for (std::size_t drawn = 0; drawn < days.size(); ++drawn) {
      const auto& day = days[static_cast<std::size_t>((random() >> 32) * days.size() >> 32)];
      sum.gain += day.gain;
      sum.rows += day.rows;
    }
    gains.push_back(sum.gain / static_cast<double>(sum.rows));
  }
  std::sort(gains.begin(), gains.end());
  return gains;
}

bool AllNumbers(std::span<const double> scores) {
  return std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); });
}

void Judge(const Tolerance& tolerance, GateResult& result) {
  const auto figures = fmt::format("mean log-loss gain {:+.4f} (95 % {:+.4f} .. {:+.4f}) over {} days and {} rows", result.gain, result.low,
                                   result.high, result.days, result.rows);
  if (result.gain < tolerance.gain) {
    result.reason = fmt::format("refused: {}; the gain must be at least {:+.4f}", figures, tolerance.gain);
  } else if (result.low < tolerance.lower) {
    result.reason = fmt::format("refused: {}; the lower end must be at least {:+.4f}", figures, tolerance.lower);
  } else {
    result.promote = true;
    result.reason = "promoted: " + figures;
  }
}

}  // namespace

GateResult Compare(const Comparison& comparison, const Tolerance& tolerance) {
  const auto rows = comparison.labels.size();
  EDGEWISE_CHECK(comparison.challenger.size() == rows && comparison.champion.size() == rows && comparison.days.size() == rows);
  EDGEWISE_CHECK(tolerance.resamples >= 40 && tolerance.days >= 1);
  GateResult result{.rows = rows, .reason = {}};
  if (!AllNumbers(comparison.challenger) || !AllNumbers(comparison.champion)) {
    result.reason = "refused: a score is not a number";
    return result;
  }
  const auto days = GainByDay(comparison);
  result.days = days.size();
  if (days.size() < static_cast<std::size_t>(tolerance.days)) {
    result.reason =
        fmt::format("refused: {} days of labelled rows are too few to compare on; at least {} are needed", days.size(), tolerance.days);
    return result;
  }
  for (const auto& day : days) result.gain += day.gain / static_cast<double>(rows);
  const auto gains = Resampled(days, tolerance);
  result.low = gains[gains.size() / 40];
  result.high = gains[gains.size() - 1 - gains.size() / 40];
  Judge(tolerance, result);
  return result;
}

}  // namespace edgewise::improve
