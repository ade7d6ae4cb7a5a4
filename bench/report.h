#pragma once

#include <string>
#include <vector>

#include "machine.h"
#include "series.h"

namespace edgewise::bench {

/// A table for people, 80 columns wide. Ratios are medians of the rounds' own ratios to the group's first series.
std::string Table(const Machine& machine, const std::vector<Series>& series);
/// {"schema":"edgewise.bench.v1","machine":{...},"series":[{"group","name","unit","median","lowest","highest","ratio"}]}
std::string Json(const Machine& machine, const std::vector<Series>& series);

}  // namespace edgewise::bench
