#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::package::detail {

/// Bytes as one gzip member without name, time or operating system: the same bytes give the same result (with the same zlib).
Result<std::string> Compress(std::string_view bytes);
/// Errors: kInvalidArgument (not gzip, damaged, cut short; or more than `limit` bytes, which is found without unpacking much more),
/// kResourceExhausted (no memory).
Result<std::string> Decompress(std::string_view bytes, std::size_t limit);

}  // namespace edgewise::package::detail
