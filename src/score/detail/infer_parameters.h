#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "score/detail/json_tensor.h"

namespace edgewise::score::detail {

/// What `parameters` of a request, an input or an output may say that means something here; others are read and left alone.
struct InferParameters {
  std::optional<std::uint64_t> binary_data_size;  ///< Of an input.
  std::optional<bool> binary_data;                ///< Of an output.
  std::optional<bool> binary_data_output;         ///< Of a request.
  std::optional<std::uint64_t> timeout;           ///< Of a request, in microseconds.
};

/// Errors: kInvalidArgument (not an object of text, numbers, true and false; one of the above has another type or is there twice; a
/// name over 256 bytes; an extension that is not offered: shared memory, classification).
Result<InferParameters> ReadInferParameters(simdjson::ondemand::value value);

/// Whether it is null, which stands for a member that is not there. Errors: kInvalidArgument (not JSON).
Result<bool> IsNull(simdjson::ondemand::value& value);

/// Calls `take(std::string_view key, simdjson::ondemand::value value)` for each member until one fails.
/// Errors: that one's, kInvalidArgument (not JSON).
template <class Take>
Result<void> ForEachMember(simdjson::ondemand::object& object, Take take) {
  for (auto member : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (const auto error = std::move(member).get(field)) return std::unexpected(NotJson(error));
    if (const auto error = field.unescaped_key().get(key)) return std::unexpected(NotJson(error));
    EDGEWISE_TRY(take(key, field.value()));
  }
  return {};
}

}  // namespace edgewise::score::detail
