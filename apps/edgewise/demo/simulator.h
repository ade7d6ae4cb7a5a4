#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "demo/traffic.h"

namespace edgewise::demo {

struct SimulatorOptions {
  std::uint64_t seed = 7;
  int days = 365;            ///< From 1 January 2013.
  int flights_per_day = 60;  ///< At each site.
};

/// A made-up year of three sites in the shapes of the real one, for those who cannot download it, and for tests. Delays follow carrier,
/// hour, weather and how the day has gone; carriers change their ways in July (drift); some days are disrupted; one wind sensor breaks;
/// some destinations appear in April; crew notes hold planted personal data. Same options, same year.
Result<std::unique_ptr<Traffic>> Simulate(const SimulatorOptions& options);

}  // namespace edgewise::demo
