#pragma once

#include <cstdint>
#include <filesystem>

#include "base/files.h"
#include "base/result.h"

namespace edgewise::site {

/// Reads all segments of a journal, one at a time, also beside the journal that writes them, and counts the entries that cannot be read:
/// what Journal::Replay() would find, found before somebody needs it. Cost of a step: as much memory as a segment has bytes (64 MiB).
/// Threads: one at a time.
class JournalScrub {
 public:
  JournalScrub(Files& files, std::filesystem::path folder) : files_(files), folder_(std::move(folder)) {}

  struct Found {
    std::uint64_t lost = 0;  ///< Entries of this pass, up to here.
    bool done = false;       ///< The pass is over; the next step begins another.
  };
  /// Errors: as Files, kFailedPrecondition (a segment is none, or of a newer format: the next step goes on behind it).
  Result<Found> Step();

 private:
  Files& files_;
  std::filesystem::path folder_;
  std::uint64_t due_ = 1;   // position of the first entry that was not looked for
  std::uint64_t lost_ = 0;  // of this pass
};

}  // namespace edgewise::site
