#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "queue/queue.h"

namespace edgewise::queue {

/// {"lane":"sample","waiting":1,...}; "oldest" only where something waits. As operators and their commands read it.
nlohmann::ordered_json ToJson(const LaneDepth& depth);
/// What is missing is 0; "oldest" is not read. Errors: kInvalidArgument (no object of this kind).
Result<LaneDepth> DepthFromJson(const nlohmann::json& json);

}  // namespace edgewise::queue
