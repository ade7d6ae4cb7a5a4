#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace edgewise::bench {

/// Does its work once and says how many units that was.
using Work = std::function<Result<std::uint64_t>()>;

/// One thing that is measured, in units per second; one rate a round.
struct Series {
  std::string group;  ///< "scoring": series are compared with the first of their group, its yardstick.
  std::string name;
  std::string unit;  ///< "rows", "records"
  Work work;
  std::vector<double> rates;
};

double Median(std::vector<double> values);

/// Every series once a round, one after the other, so that a machine that gets slower gets slower for all of them. The first round warms up
/// and is thrown away. Each turn repeats its work for about `turn`. Errors: those of the work, with the series' name.
Result<void> Measure(std::vector<Series>& series, int rounds, std::chrono::milliseconds turn);

}  // namespace edgewise::bench
