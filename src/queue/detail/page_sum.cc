#include "queue/detail/page_sum.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

namespace edgewise::queue::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "sums are little-endian");

const Bytef* Raw(std::span<const char> bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

/// What is missing of the last word is 0.
std::uint32_t Parity(std::span<const char> bytes) {
  std::uint64_t words = 0;
  for (; bytes.size() >= sizeof words; bytes = bytes.subspan(sizeof words)) {
    std::uint64_t next;
    std::memcpy(&next, bytes.data(), sizeof next);
    words ^= next;
  }
  std::uint64_t last = 0;
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(&last));
  words ^= last;
  return static_cast<std::uint32_t>(words ^ (words >> 32U));
}

void Flip(std::span<char> bytes, std::size_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); }

/// The bit that turns bytes with one CRC into those with another; `difference` is both, exclusive or. What a bit does to the CRC depends
/// only on how many bytes follow it: each pushes the syndrome through one step of the division by a byte of zeros.
std::optional<std::size_t> FindBit(std::size_t size, std::uint32_t difference) {
  const auto* const table = get_crc_table();
  std::array<std::uint32_t, 8> syndromes;
  for (std::size_t bit = 0; bit < 8; ++bit) syndromes[bit] = static_cast<std::uint32_t>(table[std::size_t{1} << bit]);
  for (std::size_t at = size; at-- > 0;) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      auto& syndrome = syndromes[bit];
      if (syndrome == difference) return at * 8 + bit;
      syndrome = (syndrome >> 8U) ^ static_cast<std::uint32_t>(table[syndrome & 0xffU]);
    }
  }
  return std::nullopt;
}

}  // namespace

PageSum SumOf(std::span<const char> bytes) {
  return {.crc = static_cast<std::uint32_t>(crc32_z(0, Raw(bytes), bytes.size())), .parity = Parity(bytes)};
}

Damage Mend(std::span<char> bytes, PageSum& sum) {
  const auto found = SumOf(bytes);
  if (found == sum) return Damage::kNone;
  const bool sum_flipped = std::popcount(found.crc ^ sum.crc) + std::popcount(found.parity ^ sum.parity) == 1;
  if (sum_flipped) {
    sum = found;
    return Damage::kMended;
  }
  const auto bit = FindBit(bytes.size(), found.crc ^ sum.crc);
  if (!bit) return Damage::kBeyondMending;
  Flip(bytes, *bit);
  if (SumOf(bytes) == sum) return Damage::kMended;
  Flip(bytes, *bit);
  return Damage::kBeyondMending;
}

}  // namespace edgewise::queue::detail
