#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace edgewise {

/// Why an address that does not know a hub's paths is no hub: a site or a registry answers there. "" if it is neither.
std::string NotAHub(const std::string& address);

/// GET host:port/target as JSON. Errors: kUnavailable (nobody answers there, or no JSON object: names the address), kNotFound (a site or
/// registry is there), as the status says.
Result<nlohmann::json> GetJson(const std::string& address, const std::string& target);

}  // namespace edgewise
