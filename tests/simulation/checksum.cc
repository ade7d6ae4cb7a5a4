// Stands before the queue's own when the simulation is linked: the same sum, unless the mutant "no-crc" is planted.

#include "queue/detail/checksum.h"

#include <zlib.h>

#include <array>

#include "mutants.h"

std::uint32_t edgewise::queue::detail::Checksum(event::Lane lane, std::uint64_t sequence, std::string_view body) {
  if (simulation::Planted("no-crc")) return 0;
  std::array<unsigned char, 9> head{static_cast<unsigned char>(lane)};
  for (std::size_t i = 0; i < 8; ++i) head[i + 1] = static_cast<unsigned char>(sequence >> (8 * i));
  const auto seed = crc32_z(0, head.data(), head.size());
  return static_cast<std::uint32_t>(crc32_z(seed, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}
