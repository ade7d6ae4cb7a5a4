#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace edgewise::detect::detail {

static_assert(std::endian::native == std::endian::little, "saved numbers are little-endian");

/// Writes numbers and length-prefixed texts one behind the other.
class ByteWriter {
 public:
  template <class T>
  void Number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Number(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what a ByteWriter wrote. Past the end every read gives zero or "", and ok() turns false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T Number() {
    T value{};
    const auto bytes = Take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view Text() { return Take(Number<std::uint64_t>()); }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view Take(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

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
