#pragma once

#include <string>

#include "score/detail/describe.h"

namespace edgewise::score::detail {

/// The text of GET /metrics: what each loaded version did, as counters with the labels model and version. `triton`: the names of Triton's
/// dashboards too.
std::string MetricsText(Versions versions, bool ready, bool triton);

}  // namespace edgewise::score::detail
