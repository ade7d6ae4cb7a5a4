#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "queue/sqlite_queue.h"
#include "series.h"
#include "site/journal.h"

namespace edgewise::bench {

/// Durable appends beside what the disk allows: 512 bytes appended and synced (fdatasync), one at a time, is the yardstick; then the site's
/// journal and its queue with 1 and with 256 entries to a sync. A ratio over 1 is what the group commit gives.
/// Lifecycle: owns files in `folder`, which is on the disk that is meant; the series borrow the bench.
class StorageBench {
 public:
  static Result<std::unique_ptr<StorageBench>> Make(Files& files, const std::filesystem::path& folder);
  std::vector<Series> series();

 private:
  StorageBench();
  Result<std::uint64_t> SyncRaw();
  Result<std::uint64_t> WriteJournal(std::size_t entries);
  Result<std::uint64_t> AppendEvents(std::size_t events);

  std::string entry_;
  event::Event event_;
  std::uint64_t through_ = 0;
  std::unique_ptr<Files::AppendFile> raw_;
  std::unique_ptr<site::Journal> journal_;
  std::unique_ptr<queue::SqliteQueue> queue_;
};

}  // namespace edgewise::bench
