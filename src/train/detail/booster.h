#pragma once

#include <string>

#include "train/trainer.h"

namespace edgewise::train::detail {

/// Grows the trees of a recipe with XGBoost; answers with its own JSON of the model. Errors: kInternal.
Result<std::string> GrowTrees(const Dataset& data, const Recipe& recipe, int threads);

}  // namespace edgewise::train::detail
