#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise {

/// SHA-256 of some bytes, written as OCI does: "sha256:<64 hex, lower case>".
class Digest {
 public:
  Digest() = default;  ///< All zero: the digest of nothing; IsZero().
  explicit Digest(const std::array<std::uint8_t, 32>& bytes) : bytes_(bytes) {}

  static Digest Of(std::string_view bytes);
  /// Errors: kInvalidArgument unless exactly "sha256:" and 64 lower-case hex digits.
  static Result<Digest> Parse(std::string_view text);

  std::string ToString() const;  ///< "sha256:<hex>"
  std::string Hex() const;       ///< the 64 digits
  std::string Short() const { return Hex().substr(0, 12); }
  bool IsZero() const { return *this == Digest(); }
  const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }
  auto operator<=>(const Digest&) const = default;

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

/// SHA-256 fed piece by piece. One thread at a time.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void Add(std::string_view bytes);
  Digest Finish();  ///< Once.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA-256.
Digest Hmac(std::string_view key, std::string_view message);

std::string HexEncode(std::string_view bytes);
/// Errors: kInvalidArgument (odd length, not hex).
Result<std::string> HexDecode(std::string_view hex);

}  // namespace edgewise
