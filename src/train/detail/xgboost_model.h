#pragma once

#include <string_view>

#include "train/forest.h"

namespace edgewise::train::detail {

/// Reads a booster as XGBoost 1.7 to 3.x writes it in JSON (logistic objective). Nodes that no root reaches are left out.
/// Errors: kInternal (a shape that these versions do not write, or splits by category: we never ask for them).
Result<Forest> ReadXgboostModel(std::string_view json);

}  // namespace edgewise::train::detail
