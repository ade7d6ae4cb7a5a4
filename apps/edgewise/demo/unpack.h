#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::demo {

/// The content of whole zstd bytes. Errors: kDataLoss.
Result<std::string> UnpackZstd(std::string_view packed);
/// The content of gzip or zstd bytes; "" if they are neither. Errors: kDataLoss (they begin so, and are damaged).
Result<std::string> UnpackIfPacked(std::string_view bytes);

}  // namespace edgewise::demo
