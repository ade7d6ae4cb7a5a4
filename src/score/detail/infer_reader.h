#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// Reads inference requests of the Open Inference Protocol v2: JSON tensors and the binary tensor extension, mixed as one likes
/// (docs/formats/scoring.md). Takes no memory for what a request only claims to hold, and keeps its buffers for the next one.
/// Lifecycle: one for each thread. Errors: kInvalidArgument (names model, tensor and fix). Threads: one at a time.
class InferReader {
 public:
  /// `json_length`: the header Inference-Header-Content-Length, "" where there is none. After an error `request` holds anything.
  Result<void> Read(std::string_view body, std::string_view json_length, const ModelVersion& version, InferRequest& request);

 private:
  simdjson::ondemand::parser parser_;
  std::string json_;  // a copy with the padding that the parser wants behind it
};

}  // namespace edgewise::score::detail
