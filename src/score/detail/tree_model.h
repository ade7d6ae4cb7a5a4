#pragma once

#include <memory>
#include <string_view>

#include "score/model_engine.h"

namespace edgewise::score::detail {

/// A model that is nothing but one TreeEnsembleClassifier of two classes or one TreeEnsembleRegressor of one target, as XGBoost's
/// converter and our own writer make them: walked by FlatTrees. `engine` is the same model in ONNX Runtime: it gives the signature, and
/// both are run on made rows (thresholds and their neighbours, NaN) before the walk is trusted. Any other model, or a single bit of
/// difference: `engine` itself comes back.
std::unique_ptr<ModelEngine> WithFlatTrees(std::string_view onnx, std::unique_ptr<ModelEngine> engine);

}  // namespace edgewise::score::detail
