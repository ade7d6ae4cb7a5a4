#pragma once

#include <simdjson.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "score/served_model.h"

namespace edgewise::score::detail {

/// An inference request of the Open Inference Protocol, as far as one float table in and one out need it.
struct InferRequest {
  std::string id;
  std::vector<float> rows;  ///< Row-major, whole rows of the model's width.
  bool binary_output = false;
};

/// Reads JSON tensors and the binary tensor extension (docs/formats/scoring.md). Reads no more than the request holds, whatever its
/// shapes claim. Errors: kInvalidArgument (names tensor and fix; too many rows).
Result<InferRequest> ReadInfer(const net::HttpRequest& request, const ServedModel& model, simdjson::dom::parser& parser);
net::HttpResponse WriteInfer(const InferRequest& request, const ServedModel& model, std::span<const float> scores);

}  // namespace edgewise::score::detail
