#pragma once

#include <memory>
#include <string_view>

#include "score/model_engine.h"

namespace edgewise::score::detail {

/// As OpenOnnxModel(), in ONNX Runtime whatever the model is.
Result<std::unique_ptr<ModelEngine>> OpenInOnnxRuntime(std::string_view onnx);

}  // namespace edgewise::score::detail
