#pragma once

#include <string_view>

#include "train/forest.h"

namespace edgewise::train {

/// Reads the trees out of an ONNX model as WriteOnnx() writes it: the trainer judges a model without an engine.
/// Errors: kInvalidArgument (damaged, or a model of another kind; says what is missing).
Result<Forest> ReadOnnx(std::string_view onnx);

}  // namespace edgewise::train
