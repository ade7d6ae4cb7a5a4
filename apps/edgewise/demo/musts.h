#pragma once

#include <string>
#include <vector>

#include "demo/report.h"

namespace edgewise::demo {

/// A figure that the real year must reach: this data and this loop have reached it before, so a miss is a defect.
struct Must {
  std::string name;
  double value = 0, bound = 0;
  bool at_most = false;   ///< The bound is the most; else the least.
  bool absolute = false;  ///< Depends on the machine's speed: reported, and fails nothing.
  bool Held() const { return at_most ? value <= bound : value >= bound; }
};

/// Of a report on the flights of 2013; none for made-up data. A count of mistakes, e.g. of days, has the bound 0.
std::vector<Must> Musts(const Report& report);
/// Whether all of them that do not depend on the machine are held.
bool ReachedItsFigures(const Report& report);

}  // namespace edgewise::demo
