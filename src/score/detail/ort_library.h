#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

#include "base/result.h"

namespace edgewise::score::detail {

/// Opens ONNX Runtime once per process. Looked for, in this order: the file that EDGEWISE_ONNXRUNTIME names; ../deps and ../../deps of this
/// program; build/deps of the tree this was built in; the system's own library. Errors: kFailedPrecondition (names those places).
Result<void> OpenOrt();
/// The process' one environment. OpenOrt() answered.
Ort::Env& OrtEnvironment();

}  // namespace edgewise::score::detail
