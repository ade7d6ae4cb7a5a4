#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// Appends the answer of the Open Inference Protocol v2 to `body`: JSON, and behind it the outputs that were asked for as binary tensors.
/// `outputs`: parallel to request.outputs. Gives the length of the JSON part if bytes follow it (the header
/// Inference-Header-Content-Length), else 0. Cost: no allocation but body's growth.
/// Errors: kInvalidArgument (a value that JSON cannot say and the model does not want as null; text that is no UTF-8: ask for binary).
Result<std::size_t> WriteInfer(const InferRequest& request, const ModelVersion& version, std::span<const TensorView> outputs,
                               std::string& body);

/// Appends the elements of a tensor as a flat JSON list, without its brackets. Errors: as above.
Result<void> AppendElements(std::string& body, const TensorView& tensor, std::size_t begin, std::size_t end, NotANumber not_a_number);

/// How many elements a tensor has that an engine gave.
std::size_t ElementsOf(const TensorView& tensor);

}  // namespace edgewise::score::detail
