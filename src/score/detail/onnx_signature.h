#pragma once

#include <optional>

#include "score/detail/onnx_check.h"
#include "score/detail/onnx_library.h"
#include "score/model_engine.h"

namespace edgewise::score::detail {

/// The datatype of an element of ONNX; nothing if the protocol has no name for it.
std::optional<DataType> DataTypeOf(ONNXTensorElementDataType element);
ONNXTensorElementDataType ElementOf(DataType type);

/// What a loaded model takes and gives. Errors: kInvalidArgument (an input or output that is no tensor, or of an element without a
/// datatype: named, with the fix).
Result<Signature> ReadSignature(const OnnxLibrary& library, const OrtSession& session, const OnnxFacts& facts);

}  // namespace edgewise::score::detail
