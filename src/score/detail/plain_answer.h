#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "score/detail/rest_exchange.h"

namespace edgewise::score::detail {

/// Chooses what an answer to plain rows shows of a model: the first output of floats is its scores (else the first of numbers), the first
/// of integers or text its labels. Errors: kFailedPrecondition (no output of numbers: use /v2).
Result<void> ChoosePlainOutputs(const ModelVersion& version, InferRequest& request);

/// Exchange::Write of plain rows: model, version, scores, labels, lineage, milliseconds (docs/formats/scoring.md).
/// Errors: kInvalidArgument (NaN where the model does not want null), kInternal (an output that has not a value for each row).
Result<std::size_t> WritePlain(const Exchange& exchange, const StageTimes& times, std::span<const TensorView> outputs, std::string& body);

/// Exchange::Write of KServe v1: {"predictions":[...]}, an element for each row; with several outputs an object of them. Errors: as above.
Result<std::size_t> WritePredictions(const Exchange& exchange, const StageTimes& times, std::span<const TensorView> outputs,
                                     std::string& body);

}  // namespace edgewise::score::detail
