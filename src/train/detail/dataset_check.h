#pragma once

#include "train/trainer.h"

namespace edgewise::train::detail {

/// What every trainer refuses, as trainer.h says: kInvalidArgument.
Result<void> CheckFit(const Dataset& data, const Recipe& recipe);

}  // namespace edgewise::train::detail
