#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/files.h"
#include "queue/detail/sqlite_records.h"
#include "queue/queue.h"

namespace edgewise::queue {

/// A Queue in one SQLite file (docs/formats/queue.md; WAL, synchronous=FULL). Contract: queue.h. One Append() is one transaction: a group
/// commit. Each record has a checksum over its lane, sequence and bytes: damage in it costs this record, which is kept aside.
/// Events that Receive() has answered since the queue was opened are not dropped.
/// Lifecycle: Open() takes the file for itself; a second process gets kFailedPrecondition. Files of older formats are upgraded in one step.
///   After a failed write or sync the file is opened again by the next call, which goes by what the disk has.
/// Errors of Open: kFailedPrecondition (in use, other site, an older epoch than before, a newer format, a database of somebody else),
///   kDataLoss (damaged, or no database), kUnavailable. A file that is refused is left as it is.
class SqliteQueue final : public Queue {
 public:
  struct Options {
    std::string site;
    std::uint64_t epoch = 1;                ///< Which life of the site's disk this is; part of every id.
    std::uint64_t most_bytes = 2ULL << 30;  ///< Of the events that wait, as JSON.
    WhenFull when_full = WhenFull::kBlock;
    Files* files = &SystemFiles();  ///< Borrowed.
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
    std::string body;    ///< The event as JSON; of a damaged one what is left of it.
  };
  /// Up to `limit` records of a lane behind a sequence, in order; damaged ones that wait are found, and left where they are. Errors: as
  /// Receive.
  Result<std::vector<Kept>> Page(event::Lane lane, std::uint64_t after, std::size_t limit);
  /// Gives pages as Page does.
  using Pages = std::function<Result<std::vector<Kept>>(event::Lane lane, std::uint64_t after, std::size_t limit)>;
  /// All that pages give, by lane and sequence; calls of others come between. Errors: as `page`, and what `take` answers.
  static Result<void> ForEach(const Pages& page, const std::function<Result<void>(const Kept&)>& take);
  Result<void> ForEach(const std::function<Result<void>(const Kept&)>& take);
  /// From now on Append and Retry fail with this. Call it before other threads use the queue.
  void RefuseAppends(Error why) { refused_ = std::move(why); }
  /// Appends an event that is set aside once more, under a new id, and forgets the old one. Errors: kNotFound (none of this id is set
  /// aside; the epoch does not matter), kFailedPrecondition (it is damaged), as Append.
  Result<event::EventId> Retry(const event::EventId& id);
  /// Forgets one that is set aside, and counts it as dropped. Errors: kNotFound, as Append.
  Result<void> Discard(const event::EventId& id);

  struct Scrubbed {
    std::uint64_t damaged = 0;  ///< Records that were put aside for it.
    std::uint64_t missing = 0;
    bool done = false;  ///< All has been read since the last time that it was.
  };
  /// Reads on, up to so many records, and checks them: damage is found before somebody needs what it hit. A pass that is broken off by a
  /// failure of the disk begins anew. Errors: as Receive.
  Result<Scrubbed> Scrub(std::size_t limit);

  /// Flipped bits of the file that were found and mended since it was opened here. Any thread.
  std::uint64_t mended();

  const std::string& site() const { return options_.site; }
  std::uint64_t epoch() const { return options_.epoch; }

 private:
  using Lanes = std::array<detail::LaneCounts, 3>;

  SqliteQueue(std::filesystem::path path, Options options, std::unique_ptr<detail::SqliteRecords> records);
  /// Where Scrub() is.
  struct ScrubState {
    std::size_t lane = 0;     // an index
    std::uint64_t after = 0;  // all up to there were read
    std::uint64_t seen = 0;   // of those, how many are still there
  };
  Result<void> Ready();
  /// `body` as one transaction; any error undoes it.
  template <class Body>
  auto Change(Body body) -> decltype(body()) {
    const std::scoped_lock lock(mutex_);
    EDGEWISE_TRY(Ready());
    return Transact(body);
  }
  /// Likewise, when the lock is held and the file is ready.
  template <class Body>
  auto Transact(Body body) -> decltype(body()) {
    unseen_ = 0;
    auto result = records_->file().InTransaction(body);
    if (result) scrub_.seen -= unseen_;
    return result;
  }
  Result<Lanes> ReadLanes();
  Result<void> WriteLanes(const Lanes& lanes);
  Result<std::vector<event::EventId>> Insert(std::span<const event::Event> events, std::optional<Origin> through);
  Result<event::EventId> InsertOne(event::Event event, Lanes& lanes);
  Result<std::optional<std::uint64_t>> Remove(event::Lane lane, std::uint64_t sequence);
  Result<bool> MakeRoom(event::Lane lane, std::size_t bytes, Lanes& lanes);
  Result<void> DropOldest(event::Lane lane, std::uint64_t bytes, detail::LaneCounts& counts);
  Result<LaneDepth> Depth(event::Lane lane);
  Result<std::uint64_t> FindMissing(event::Lane lane);
  using Damaged = std::vector<std::pair<std::uint64_t, std::string>>;  // sequence, why
  Result<void> BuryDamaged(event::Lane lane, const Damaged& damaged);
  std::unexpected<Error> Unreachable(event::Lane lane, std::uint64_t sequence) const;
  /// Errors also: kDataLoss (it can be read and not found: a page is damaged).
  Result<void> Bury(event::Lane lane, std::uint64_t sequence, std::string_view reason, bool damaged);

  std::mutex mutex_;
  std::filesystem::path path_;
  std::optional<Error> refused_;
  Options options_;
  std::unique_ptr<detail::SqliteRecords> records_;  // none: opening it again has failed
  std::array<std::uint64_t, 3> handed_{};           // by lane: the highest sequence that Receive() answered
  ScrubState scrub_;
  std::uint64_t mended_ = 0;  // by connections that are closed
  std::uint64_t unseen_ = 0;  // of those that Scrub() has seen, how many the present transaction removes
};

}  // namespace edgewise::queue
