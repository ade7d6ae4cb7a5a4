#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "queue/queue.h"

struct sqlite3;
struct sqlite3_stmt;

namespace edgewise::queue {

/// A Queue in one SQLite file (WAL, synchronous=FULL). Contract: queue.h. One Append() is one transaction: a group commit.
/// Lifecycle: Open() takes the file for itself; a second process gets kFailedPrecondition.
/// Errors of Open: kFailedPrecondition (in use, other site, newer format), kDataLoss (not a database), kUnavailable.
class SqliteQueue final : public Queue {
 public:
  struct Options {
    std::string site;
    std::uint64_t epoch = 1;                 ///< Which life of the site's disk this is; part of every id.
    std::uint64_t most_waiting = 5'000'000;  ///< More unsettled events than this: kResourceExhausted.
  };
  static Result<std::unique_ptr<SqliteQueue>> Open(const std::filesystem::path& file, Options options);
  ~SqliteQueue() override;

  Result<std::vector<event::EventId>> Append(std::span<const event::Event> events, Origin through, Deadline deadline) override;
  Result<Origin> AppendedThrough() override;
  Result<std::vector<Delivery>> Receive(event::Lane lane, std::size_t limit, Deadline deadline) override;
  Result<void> Settle(std::span<const Receipt> receipts, Deadline deadline) override;
  Result<void> SetAside(const Receipt& receipt, std::string_view reason, Deadline deadline) override;
  Result<std::vector<LaneDepth>> Depths() override;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Counts = std::array<std::uint64_t, 3>;  // by lane: the last sequence given
  using Database = std::unique_ptr<sqlite3, Close>;
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  SqliteQueue(Database database, Options options);
  Result<void> Prepare();
  Result<void> Initialise();
  Result<void> Execute(const char* sql);
  Result<void> Step(sqlite3_stmt* statement);
  Result<std::int64_t> Number(sqlite3_stmt* statement);
  Result<std::vector<event::EventId>> Insert(std::span<const event::Event> events, Origin through);
  Result<event::EventId> InsertOne(event::Event event, event::Lane lane, std::uint64_t sequence);
  Result<Counts> ReadAppended();
  Result<void> WriteAppended(const Counts& appended);
  Result<void> CheckRoom(const Counts& appended, std::size_t more);
  /// Runs `body` in a transaction; any error rolls it back.
  template <class Body>
  auto InTransaction(Body body) -> decltype(body());

  std::mutex mutex_;
  Options options_;
  Database database_;
  Statement insert_, receive_, remove_, bury_, read_appended_, write_appended_, read_origin_, write_origin_, count_, count_dead_;
};

}  // namespace edgewise::queue
