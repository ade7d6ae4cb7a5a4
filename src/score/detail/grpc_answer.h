#pragma once

#include <span>
#include <string>
#include <string_view>

#include "score/job.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// Where the values of an answer go: typed lists, or raw_output_contents. A request in raw bytes is answered in raw bytes.
enum class AnswerForm { kTyped, kRaw };

/// Appends a ModelInferResponse (open_inference.proto) to `out`. `tensors`: as asked for, their indices in `outputs`.
/// An output of FP16 or BF16, which no typed list holds, makes the whole answer raw.
void AppendAnswer(std::string& out, const ModelVersion& version, std::string_view id, AnswerForm form, std::span<const std::size_t> outputs,
                  std::span<const TensorView> tensors);

}  // namespace edgewise::score::detail
