#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"

namespace edgewise::improve::detail {

/// Unpacks zstd bytes piece by piece and calls `take` with each line, without its end; memory stays at one line and one piece.
/// Errors: kDataLoss (damaged, cut short, a line over 16 MiB).
Result<void> EachLine(std::string_view packed, const std::function<void(std::string_view line)>& take);

}  // namespace edgewise::improve::detail
