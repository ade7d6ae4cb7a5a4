#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace edgewise::improve {

/// What the gate asks of a challenger. Gain = the champion's log loss minus the challenger's, on rows that neither was fitted on.
struct Tolerance {
  double gain = 0;        ///< The mean gain must reach this,
  double lower = -0.003;  ///< and the lower end of its 95 % interval this: another seed alone moves an ordinary month by as much.
  int days = 7;           ///< Fewer days say nothing about other days.
  int resamples = 2000;
  std::uint64_t seed = 7;
};

struct GateResult {
  bool promote = false;
  double gain = 0;  ///< Mean over rows.
  double low = 0;   ///< 95 % interval of the gain, by resampling days.
  double high = 0;
  std::size_t days = 0;
  std::size_t rows = 0;
  std::string reason;  ///< One sentence for people.
};

/// What two models said about the same rows. `days[i]` is the local day of row i: rows of one day rise and fall together, so days are
/// resampled.
struct Comparison {
  std::span<const double> challenger;
  std::span<const double> champion;
  std::span<const float> labels;
  std::span<const std::int32_t> days;
};

/// Decides by `tolerance`; same input, same decision. CHECKs that the four have one length. A score that is no number is a refusal.
GateResult Compare(const Comparison& comparison, const Tolerance& tolerance);

}  // namespace edgewise::improve
