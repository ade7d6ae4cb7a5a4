#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgewise::package::detail {

inline constexpr std::size_t kBlock = 512;

/// A ustar header block (POSIX.1-1988). Numbers are octal text.
struct TarHeader {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char owner[32];
  char group[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(TarHeader) == kBlock);

/// Sum of the header's bytes, with the checksum field read as spaces.
inline std::uint32_t Checksum(TarHeader header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += bytes[i];
  return sum;
}

}  // namespace edgewise::package::detail
