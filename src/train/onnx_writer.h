#pragma once

#include <string>

#include "train/forest.h"

namespace edgewise::train {

/// Writes trees as an ONNX model (docs/formats/model.md): TreeEnsembleClassifier, input "features" float32 [N, columns],
/// output "probabilities" float32 [N, 2]. Deterministic: same forest, same bytes. The forest passed Check().
std::string WriteOnnx(const Forest& forest);

}  // namespace edgewise::train
