#pragma once

#include <string_view>

#include "relay/policy.h"

namespace edgewise::simulation {

inline constexpr std::string_view kSite = "EWR";

/// Lets the numbers of all our events out.
const relay::Policy& ThePolicy();

}  // namespace edgewise::simulation
