#pragma once

#include <cstddef>
#include <string>

#include "queue/detail/page_sum.h"

namespace edgewise::queue::detail {

/// A log is a head and frames, each a head and a page.
inline constexpr std::size_t kLogHead = 32, kFrameHead = 24, kFrameBytes = kFrameHead + kPageBytes;

struct MendedLog {
  std::size_t mended = 0;
  std::size_t unknown = 0;  ///< Frames in which a bit is flipped, and nobody can tell which: they are kept as they are.
};

/// Mends flipped bits, one in each frame at most, in a write-ahead log of 4096-byte pages (sqlite.org/fileformat2.html#walformat). SQLite
/// takes such a frame for the end of the log, and forgets all that was committed behind it.
/// The log's own sums show that a single bit is wrong; the nine highest bits of a word in four they cannot tell apart. Such a frame gets
/// the sum of what it holds: the checksum of the record that was hit tells on. What is torn ends the log, as for SQLite.
MendedLog MendLog(std::string& log);

}  // namespace edgewise::queue::detail
