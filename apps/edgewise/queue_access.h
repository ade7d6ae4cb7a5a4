#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "queue/sqlite_queue.h"

namespace edgewise {

/// A site's queue, for its operator: the file itself, or, when the site runs and so has it, through the site's socket beside it.
/// Errors: kNotFound (no queue), kFailedPrecondition (another process has the file, and no site answers), as SqliteQueue.
class QueueAccess {
 public:
  using Kept = queue::SqliteQueue::Kept;
  static Result<std::unique_ptr<QueueAccess>> Open(const std::filesystem::path& folder);
  virtual ~QueueAccess() = default;

  virtual Result<std::vector<Kept>> Page(event::Lane lane, std::uint64_t after, std::size_t limit) = 0;
  virtual Result<std::vector<queue::LaneDepth>> Depths() = 0;
  virtual Result<event::EventId> Retry(const event::EventId& id) = 0;
  virtual Result<void> Drop(const event::EventId& id) = 0;

  /// All of it, page by page.
  Result<void> ForEach(const std::function<Result<void>(const Kept&)>& take);
};

std::string_view NameOf(QueueAccess::Kept::State state);  ///< "waiting", "dead", "damaged"

}  // namespace edgewise
