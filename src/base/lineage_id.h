#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise {

/// 128 random bits given to every scored row, with no time inside; joins score, events, label and the models trained on it.
/// Written as 32 lower-case hex digits.
class LineageId {
 public:
  LineageId() = default;      ///< All zero: none.
  static LineageId Random();  ///< From the kernel's generator (getrandom).
  /// Errors: kInvalidArgument unless 32 lower-case hex digits, not all zero.
  static Result<LineageId> Parse(std::string_view text);
  /// Exactly 16 bytes; CHECKed.
  static LineageId FromBytes(std::string_view bytes);

  std::string ToString() const;
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  bool IsZero() const { return *this == LineageId(); }
  auto operator<=>(const LineageId&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

struct LineageIdHash {
  std::size_t operator()(const LineageId& id) const { return std::hash<std::string_view>()(id.bytes()); }
};

}  // namespace edgewise
