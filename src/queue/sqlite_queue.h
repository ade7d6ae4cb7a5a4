#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "queue/detail/sqlite_file.h"
#include "queue/queue.h"

namespace edgewise::queue {

/// A Queue in one SQLite file (docs/formats/queue.md; WAL, synchronous=FULL). Contract: queue.h. One Append() is one transaction: a group
/// commit. Each record has a checksum over its lane, sequence and bytes: damage in it costs this record, which is kept aside.
/// Lifecycle: Open() takes the file for itself; a second process gets kFailedPrecondition. Files of format 1 are upgraded in one step.
/// Errors of Open: kFailedPrecondition (in use, other site, an older epoch than before, a newer format, a database of somebody else),
///   kDataLoss (damaged, or no database), kUnavailable. A file that is refused is left as it is.
class SqliteQueue final : public Queue {
 public:
  struct Options {
    std::string site;
    std::uint64_t epoch = 1;                 ///< Which life of the site's disk this is; part of every id.
    std::uint64_t most_waiting = 5'000'000;  ///< More unsettled events than this: kResourceExhausted.
  };
  static Result<std::unique_ptr<SqliteQueue>> Open(const std::filesystem::path& file, Options options);
  /// A queue that is there, as the site and in the epoch in which it was used last. Errors: as Open; kNotFound.
  static Result<std::unique_ptr<SqliteQueue>> OpenExisting(const std::filesystem::path& file);
  ~SqliteQueue() override;

  Result<std::vector<event::EventId>> Append(std::span<const event::Event> events, std::optional<Origin> through,
                                             Deadline deadline) override;
  Result<Origin> AppendedThrough() override;
  Result<std::vector<Delivery>> Receive(event::Lane lane, std::size_t limit, Deadline deadline) override;
  Result<void> Settle(std::span<const Receipt> receipts, Deadline deadline) override;
  Result<void> SetAside(const Receipt& receipt, std::string_view reason, Deadline deadline) override;
  Result<std::vector<LaneDepth>> Depths() override;

  /// A record of the file, for whoever looks after it.
  struct Kept {
    enum class State : std::uint8_t { kWaiting, kDead, kDamaged };
    event::EventId id;  ///< Epoch 0 of a damaged one: it cannot be told.
    State state = State::kWaiting;
    std::string reason;  ///< Why it does not wait.
  };
  /// All that is in the file, by lane and sequence; damaged records that wait are found, and left where they are.
  /// Errors: as Receive, and what `take` answers. `take` does not call this queue.
  Result<void> ForEach(const std::function<Result<void>(const Kept&)>& take);
  const std::string& site() const { return options_.site; }
  std::uint64_t epoch() const { return options_.epoch; }

 private:
  using Counts = std::array<std::uint64_t, 3>;  // by lane: the last sequence given

  SqliteQueue(detail::SqliteFile file, Options options);
  Result<void> Prepare();
  Result<std::vector<event::EventId>> Insert(std::span<const event::Event> events, std::optional<Origin> through);
  Result<event::EventId> InsertOne(event::Event event, event::Lane lane, std::uint64_t sequence);
  Result<Counts> ReadAppended();
  Result<void> WriteAppended(const Counts& appended);
  Result<void> CheckRoom(const Counts& appended, std::size_t more);
  Result<void> Bury(const event::EventId& id, std::string_view reason, bool damaged);

  std::mutex mutex_;
  Options options_;
  detail::SqliteFile file_;
  detail::SqliteStatement insert_, receive_, remove_, bury_, read_appended_, write_appended_, read_origin_, write_origin_, count_,
      count_aside_, all_;
};

}  // namespace edgewise::queue
