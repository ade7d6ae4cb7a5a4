#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace edgewise::queue::detail {

/// Of a queue's file.
inline constexpr std::size_t kPageBytes = 4096;

/// What the bytes of a page add up to: CRC-32 (zlib's), which tells where a single flipped bit is (each has a syndrome of its own in up to
/// 512 MB), and the exclusive or of their little-endian 32-bit words, which confirms it. Both 0: no sum was taken.
struct PageSum {
  std::uint32_t crc = 0, parity = 0;
  bool operator==(const PageSum&) const = default;
};

PageSum SumOf(std::span<const char> bytes);

enum class Damage : std::uint8_t { kNone, kMended, kBeyondMending };

/// Holds bytes against the sum that they had, and flips one bit of the bytes, or of the sum, back if that is what is wrong. Otherwise
/// nothing is changed. Cost: about a microsecond; where something is wrong, a pass over the bits.
Damage Mend(std::span<char> bytes, PageSum& sum);

}  // namespace edgewise::queue::detail
