#pragma once

#include <span>

#include "base/option.h"

namespace edgewise {

/// Every key of the configuration of `edgewise up` (docs/options.md); ReadConfiguration() refuses all others.
std::span<const Option> ConfigurationOptions();

}  // namespace edgewise
