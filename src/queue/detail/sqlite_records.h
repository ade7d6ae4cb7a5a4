#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"
#include "queue/detail/sqlite_file.h"
#include "queue/detail/sqlite_schema.h"

namespace edgewise::queue::detail {

/// What became of a lane's records, over the file's life. Those that wait and those aside are what is left of appended.
struct LaneCounts {
  std::uint64_t appended = 0;  ///< The last sequence given.
  std::uint64_t settled = 0;
  std::uint64_t dropped = 0;
  std::uint64_t missing = 0;  ///< Nobody took them, and they are not there.
  std::uint64_t bytes = 0;    ///< Of the bodies that wait.
};

/// A queue's tables (docs/formats/queue.md) on the one connection. It keeps no counts: who adds or takes away sets them, in the same
/// transaction (file().InTransaction). Errors: as SqliteFile. Threads: one at a time.
class SqliteRecords {
 public:
  /// Nobody's: kNotFound if there is no file or it belongs to no site. Errors also: kFailedPrecondition as Claim() and PrepareFile().
  static Result<std::unique_ptr<SqliteRecords>> Open(Files& files, const std::filesystem::path& path, const std::optional<Owner>& owner);

  SqliteFile& file() { return file_; }
  const Owner& owner() const { return owner_; }

  Result<LaneCounts> Counts(event::Lane lane);
  Result<void> SetCounts(event::Lane lane, const LaneCounts& counts);
  Result<std::uint64_t> Origin();
  Result<void> SetOrigin(std::uint64_t origin);

  Result<void> Insert(const event::EventId& id, std::string_view body);
  struct Row {
    std::uint64_t sequence = 0;
    std::uint32_t checksum = 0;
    std::string_view body;  ///< Until the next call.
  };
  using TakeRow = std::function<Result<void>(const Row&)>;
  /// Those that wait, behind `after`, oldest first.
  Result<void> ForEachWaiting(event::Lane lane, std::uint64_t after, std::size_t limit, const TakeRow& take);
  /// Bytes of the body; nothing if it does not wait.
  Result<std::optional<std::uint64_t>> Remove(event::Lane lane, std::uint64_t sequence);

  struct AsideRow {
    std::uint64_t sequence = 0;
    bool damaged = false;
    std::string_view body, reason;  ///< Until the next call.
  };
  using TakeAside = std::function<Result<void>(const AsideRow&)>;
  /// All of a lane behind `after`, by sequence: either the one or the other is called.
  Result<void> ForEach(event::Lane lane, std::uint64_t after, std::size_t limit, const TakeRow& take, const TakeAside& take_aside);
  /// A copy of one that waits; whoever puts it aside removes it.
  Result<void> PutAside(event::Lane lane, std::uint64_t sequence, std::string_view reason, bool damaged);
  Result<std::uint64_t> CountAside(event::Lane lane, bool damaged);
  Result<bool> FindAside(event::Lane lane, std::uint64_t sequence, const TakeAside& take);
  Result<void> RemoveAside(event::Lane lane, std::uint64_t sequence);

 private:
  explicit SqliteRecords(SqliteFile file) : file_(std::move(file)) {}
  Result<void> Prepare();

  SqliteFile file_;
  Owner owner_;
  SqliteStatement read_counts_, write_counts_, read_origin_, write_origin_, insert_, waiting_, remove_, put_aside_, all_, count_aside_,
      find_aside_, remove_aside_;
};

}  // namespace edgewise::queue::detail
