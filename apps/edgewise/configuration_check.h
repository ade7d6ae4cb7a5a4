#pragma once

#include <vector>

#include "configuration.h"
#include "example.h"

namespace edgewise {

/// Whether no two of hub, registry and sites are to listen at one address. Errors: kInvalidArgument (names both).
Result<void> CheckAddresses(const Configuration& configuration);

/// Whether each file and folder that the configuration names beside features, rules, policy and tables is there. Errors: kNotFound.
Result<void> CheckPaths(const Configuration& configuration);

/// Whether its tables and the model that improves are those that features and rules speak of. Errors: kInvalidArgument (names the key).
Result<void> CheckNames(const Configuration& configuration, const Example& example);

}  // namespace edgewise
