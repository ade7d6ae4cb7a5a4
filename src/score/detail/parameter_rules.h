#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/result.h"

namespace edgewise::score::detail {

/// What `parameters` may not say, in the same words over HTTP and gRPC.

/// Of a request, an input or an output: what belongs to an extension that would change what the answer means, and that is not offered.
inline bool IsOffered(std::string_view name) { return !name.starts_with("shared_memory_") && name != "classification"; }
inline Error NotOffered(std::string_view quoted_name) {
  return {Code::kInvalidArgument,
          fmt::format("parameter {} belongs to an extension that is not offered here; the server's metadata lists those that are",
                      quoted_name)};
}

/// Of a number that must be one, such as `timeout`.
inline Error NotACount(std::string_view name) {
  return {Code::kInvalidArgument, fmt::format("parameter \"{}\" must be a whole number from 0", name)};
}

/// Of a call that loads a model, and brings its configuration along.
inline Error NoConfiguration() {
  return {Code::kUnimplemented, "a configuration cannot be given with the call; it is a file beside the model"};
}

}  // namespace edgewise::score::detail
