#pragma once

#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace edgewise::registry {

// Names as the OCI distribution specification 1.1 has them. Errors: kInvalidArgument, naming what is wrong.
Result<void> CheckRepository(std::string_view name);
Result<void> CheckTag(std::string_view tag);
/// The digests that a manifest (or index) names, in its order. Errors: kInvalidArgument (not a manifest).
Result<std::vector<Digest>> DigestsIn(std::string_view manifest);

}  // namespace edgewise::registry
