#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "site/journal_segment.h"

namespace edgewise::site {

/// Number of an entry in a site's journal, from 1, without gaps.
enum class Position : std::uint64_t {};

/// The first positions of the segments in a journal's folder, ascending. Errors: kNotFound (no folder), as Files.
Result<std::vector<std::uint64_t>> ListSegments(Files& files, const std::filesystem::path& folder);
std::filesystem::path SegmentPath(const std::filesystem::path& folder, std::uint64_t first);

/// A site's record journal: everything that changed the site, in order, in segment files of framed entries (docs/formats/journal.md).
/// Lifecycle: Open() cuts off a torn tail and makes the rest durable; one journal per folder.
/// Durability: Write() hands bytes to the operating system; what was written before a Sync() that answered survives a power cut.
/// Damage: a flipped bit costs at most its own entry, whose position is never given again; Replay() counts what is lost.
/// Errors: kInvalidArgument (an entry over kMaxEntry: nothing is written), kResourceExhausted (disk full), kUnavailable (I/O),
///   kFailedPrecondition (a newer format, or not a journal: nothing is touched).
///   After a failed Write() or Sync() the journal refuses everything until it is opened again.
/// Threads: one writer at a time; Replay() may run beside it and sees what was written before it began.
class Journal {
 public:
  struct Options {
    std::uint64_t segment_bytes = 64u << 20;
  };
  /// Receives an entry; returning an error ends the replay with it.
  using Visitor = std::function<Result<void>(Position, std::string_view)>;

  static Result<std::unique_ptr<Journal>> Open(Files& files, const std::filesystem::path& folder, Options options);

  /// Appends these entries; answers the position of the last one. At least one entry.
  Result<Position> Write(const std::vector<std::string>& entries);
  Result<void> Sync();
  Position last() const;
  /// Makes the next entry's position greater than `position`: for what was derived from entries that are gone, so that no position means
  /// two things. Positions that are passed over count as lost in a Replay().
  Result<void> SkipBehind(Position position);
  /// Entries behind `after`, in order. Answers how many of the positions up to last() could not be read: they are skipped, and a log line
  /// names the segment. Visited and lost together are last() - after.
  Result<std::uint64_t> Replay(Position after, const Visitor& visit) const;

 private:
  Journal(Files& files, std::filesystem::path folder, Options options) : files_(files), folder_(std::move(folder)), options_(options) {}
  Result<void> StartSegment();
  Result<void> OpenLastSegment();
  std::filesystem::path PathOf(std::uint64_t first) const { return SegmentPath(folder_, first); }

  Files& files_;
  std::filesystem::path folder_;
  Options options_;
  std::unique_ptr<Files::AppendFile> file_;
  std::optional<SegmentWriter> segment_;  // how frames of file_ are written
  std::uint64_t synced_ = 0;              // bytes of file_ that the disk has for certain
  bool broken_ = false;

  mutable std::mutex mutex_;             // guards both below: a replay looks at them beside the writer
  std::vector<std::uint64_t> segments_;  // first position of each
  std::uint64_t next_ = 1;
};

}  // namespace edgewise::site
