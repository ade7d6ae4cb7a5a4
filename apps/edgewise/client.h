#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace edgewise {

/// GET host:port/target as a JSON object. Errors: kUnavailable (nobody answers there, or something else: names the address), as the status
/// says.
Result<nlohmann::json> GetJson(const std::string& address, const std::string& target);

}  // namespace edgewise
