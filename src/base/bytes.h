#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edgewise {

static_assert(std::endian::native == std::endian::little, "numbers on disk are little-endian");

/// Writes numbers, fixed runs of bytes and texts one behind the other: little-endian, unpadded. A text is its length as a `Length`, then
/// its bytes; it must not be longer than that can say. What the bytes mean, and their version, is up to the format (docs/formats).
template <std::unsigned_integral Length>
class BasicByteWriter {
 public:
  template <class T>
  void Number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Number(static_cast<Length>(text.size()));
    bytes_ += text;
  }
  void Fixed(std::string_view bytes) { bytes_ += bytes; }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what a BasicByteWriter of the same `Length` wrote. Past the end every read gives zero or "", and ok() turns false for good:
/// damaged bytes need one check, behind the last read. Views are into the bytes given, which are borrowed.
template <std::unsigned_integral Length>
class BasicByteReader {
 public:
  explicit BasicByteReader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T Number() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    const auto bytes = Fixed(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view Text() { return Fixed(Number<Length>()); }
  std::string_view Fixed(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }  ///< All was read, and nothing was missing.

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// Lengths of 64 bits: saved states of feature and detect.
using ByteWriter = BasicByteWriter<std::uint64_t>;
using ByteReader = BasicByteReader<std::uint64_t>;
/// Lengths of 32 bits: the journal's entries, snapshots of a site.
using ByteWriter32 = BasicByteWriter<std::uint32_t>;
using ByteReader32 = BasicByteReader<std::uint32_t>;

}  // namespace edgewise
