#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace edgewise::detect::detail {

/// What a Load() says of bytes that end early or late.
inline std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(Code::kDataLoss, "detect: the saved " + std::string(what) + " is damaged");
}

/// The last two letters of a magic are the version.
inline Result<void> CheckMagic(std::string_view found, std::string_view magic, std::string_view what) {
  if (found == magic) return {};
  if (found.size() == magic.size() && found.substr(0, 6) == magic.substr(0, 6))
    return Fail(Code::kFailedPrecondition, "detect: the saved " + std::string(what) + " has a newer format; upgrade");
  return Damaged(what);
}

}  // namespace edgewise::detect::detail
