#pragma once

#include "score/model_engine.h"

namespace edgewise::score::detail {

/// Whether a row's answer is the same alone and in company, as far as a few made rows can tell: only then may requests be joined. A model
/// that normalises over its first axis, or takes it for time, has a free first axis too. False as well where the engine refuses the rows.
/// Numbers are compared to a ten-thousandth: kernels add up in another order when there are more rows.
/// `runner` is of a signature that batches; its next result is another's. Cost: four runs.
bool RowsAreIndependent(Runner& runner, const Signature& signature);

}  // namespace edgewise::score::detail
