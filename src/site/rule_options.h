#pragma once

#include <span>

#include "base/option.h"

namespace edgewise::site {

/// Every key of a rules file (docs/options.md); RulesFromToml() refuses all others.
std::span<const Option> RuleOptions();

}  // namespace edgewise::site
