#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace edgewise {

/// Reads a day that there is ("2013-02-28"), at its midnight; weekday and yearday are not filled in.
/// Errors: kInvalidArgument (names the text).
Result<CivilTime> ParseDate(std::string_view text);

}  // namespace edgewise
