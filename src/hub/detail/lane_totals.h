#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "hub/index.h"

namespace edgewise::hub::detail {

/// Adds up the epochs of a lane. Give them in ascending order of site, lane and epoch; `missing` is found here.
/// Each epoch counts from 1, so what one lacks cannot be seen from another's highest sequence.
inline void AddEpoch(std::vector<LaneTotals>& lanes, LaneTotals epoch) {
  const auto seen = epoch.events + epoch.denied;
  epoch.missing = epoch.last > seen ? epoch.last - seen : 0;
  if (lanes.empty() || lanes.back().site != epoch.site || lanes.back().lane != epoch.lane) return lanes.push_back(std::move(epoch));
  auto& lane = lanes.back();
  lane.objects += epoch.objects;
  lane.events += epoch.events;
  lane.denied += epoch.denied;
  lane.missing += epoch.missing;
  lane.last = epoch.last;
  lane.leak_bits_max = std::max(lane.leak_bits_max, epoch.leak_bits_max);
  lane.policy = epoch.policy;
}

}  // namespace edgewise::hub::detail
