#pragma once

#include <simdjson.h>

#include <cstddef>
#include <span>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/tensor.h"

namespace edgewise::score::detail {

/// Objects and lists of a request nest no deeper than this.
inline constexpr int kDeepestRequest = 64;

/// A tensor has no more axes than this.
inline constexpr std::size_t kMostAxes = 32;

/// Reads the `data` of a tensor, flat or nested as its shape says, into `store`, where the tensor has begun.
/// `count`: the shape's product, which the caller has found to be no more than the text can hold.
/// Errors: kInvalidArgument, without the tensor's name: not JSON, another number of elements, ragged, null, out of the datatype's range.
Result<void> ReadJsonTensor(simdjson::ondemand::value data, DataType type, std::span<const std::int64_t> shape, std::size_t count,
                            TensorStore& store);

/// Reads a value that nobody needs, to the end: what is wrong in it is an error all the same. Errors: kInvalidArgument.
Result<void> SkipJson(simdjson::ondemand::value value, int depth = 0);

/// "the request is not JSON: ..." in the library's words.
Error NotJson(simdjson::error_code error);

}  // namespace edgewise::score::detail
