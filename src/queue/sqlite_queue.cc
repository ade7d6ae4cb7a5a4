#include "queue/sqlite_queue.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <utility>

namespace edgewise::queue {
namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS events(lane INTEGER, sequence INTEGER, body TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dead(lane INTEGER, sequence INTEGER, body TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lanes(lane INTEGER PRIMARY KEY, appended INTEGER NOT NULL);
  INSERT OR IGNORE INTO lanes VALUES(0, 0), (1, 0), (2, 0);
  CREATE TABLE IF NOT EXISTS owner(one INTEGER PRIMARY KEY CHECK(one = 1), site TEXT NOT NULL, origin INTEGER NOT NULL);
)";

std::unexpected<Error> FromSqlite(sqlite3* database, std::string_view what) {
  const auto message = fmt::format("queue: {}: {}", what, sqlite3_errmsg(database));
  switch (sqlite3_errcode(database)) {
    case SQLITE_FULL:
      return Fail(Code::kResourceExhausted, message + "; free space and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fail(Code::kDataLoss, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fail(Code::kFailedPrecondition, message + "; another process owns this queue, stop it first");
    default:
      return Fail(Code::kUnavailable, message);
  }
}

std::string_view TextOf(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

void BindText(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

Result<event::EventId> ParseReceipt(const Receipt& receipt) {
  auto id = event::EventId::Parse(receipt.value);
  if (!id) return Fail(Code::kInvalidArgument, fmt::format("queue: \"{}\" is not a receipt of this queue", receipt.value));
  return id;
}

void BindId(sqlite3_stmt* statement, const event::EventId& id) {
  sqlite3_bind_int64(statement, 1, static_cast<int>(id.lane));
  sqlite3_bind_int64(statement, 2, static_cast<std::int64_t>(id.sequence));
}

}  // namespace

void SqliteQueue::Close::operator()(sqlite3* database) const { sqlite3_close(database); }
void SqliteQueue::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteQueue::SqliteQueue(Database database, Options options) : options_(std::move(options)), database_(std::move(database)) {}
SqliteQueue::~SqliteQueue() = default;

Result<std::unique_ptr<SqliteQueue>> SqliteQueue::Open(const std::filesystem::path& file, Options options) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return FromSqlite(raw, fmt::format("open {}", file.string()));
  auto queue = std::unique_ptr<SqliteQueue>(new SqliteQueue(std::move(database), std::move(options)));
  EDGEWISE_TRY(queue->Initialise());
  EDGEWISE_TRY(queue->Prepare());
  return queue;
}

Result<void> SqliteQueue::Execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return FromSqlite(database_.get(), "execute");
  return {};
}

Result<void> SqliteQueue::Initialise() {
  EDGEWISE_TRY(Execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2000;"));
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(database_.get(), "PRAGMA user_version", -1, &raw, nullptr);
  const Statement version(raw);
  EDGEWISE_ASSIGN(const auto found, Number(version.get()));
  if (found > kVersion) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("queue: format {} is newer than this program's {}; upgrade edgewise", found, kVersion));
  }
  EDGEWISE_TRY(Execute(fmt::format("BEGIN; {} PRAGMA user_version={}; COMMIT;", kSchema, kVersion).c_str()));
  sqlite3_prepare_v2(database_.get(), "INSERT OR IGNORE INTO owner VALUES(1, ?, 0)", -1, &raw, nullptr);
  const Statement claim(raw);
  BindText(claim.get(), 1, options_.site);
  EDGEWISE_TRY(Step(claim.get()));
  sqlite3_prepare_v2(database_.get(), "SELECT count(*) FROM owner WHERE site = ?", -1, &raw, nullptr);
  const Statement check(raw);
  BindText(check.get(), 1, options_.site);
  EDGEWISE_ASSIGN(const auto ours, Number(check.get()));
  if (ours == 1) return {};
  return Fail(Code::kFailedPrecondition,
              fmt::format("queue: this file belongs to another site than \"{}\"; check the state folder", options_.site));
}

Result<void> SqliteQueue::Prepare() {
  const std::array<std::pair<Statement*, const char*>, 10> statements = {{
      {&insert_, "INSERT INTO events VALUES(?, ?, ?)"},
      {&receive_, "SELECT sequence, body FROM events WHERE lane = ? ORDER BY sequence LIMIT ?"},
      {&remove_, "DELETE FROM events WHERE lane = ? AND sequence = ?"},
      {&bury_, "INSERT OR IGNORE INTO dead SELECT lane, sequence, body, ?3 FROM events WHERE lane = ?1 AND sequence = ?2"},
      {&read_appended_, "SELECT appended FROM lanes WHERE lane = ?"},
      {&write_appended_, "UPDATE lanes SET appended = ?2 WHERE lane = ?1"},
      {&read_origin_, "SELECT origin FROM owner"},
      {&write_origin_, "UPDATE owner SET origin = ?"},
      {&count_, "SELECT count(*) FROM events WHERE lane = ?"},
      {&count_dead_, "SELECT count(*) FROM dead WHERE lane = ?"},
  }};
  for (const auto& [statement, sql] : statements) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return FromSqlite(database_.get(), "prepare");
    statement->reset(raw);
  }
  return {};
}

Result<void> SqliteQueue::Step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code != SQLITE_DONE && code != SQLITE_ROW) {
    auto failure = FromSqlite(database_.get(), "write");
    sqlite3_reset(statement);
    return failure;
  }
  sqlite3_reset(statement);
  return {};
}

Result<std::int64_t> SqliteQueue::Number(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_ROW) {
    auto failure = FromSqlite(database_.get(), "read");
    sqlite3_reset(statement);
    return failure;
  }
  const auto number = sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return number;
}

template <class Body>
auto SqliteQueue::InTransaction(Body body) -> decltype(body()) {
  EDGEWISE_TRY(Execute("BEGIN IMMEDIATE"));
  auto result = body();
  if (result) {
    auto committed = Execute("COMMIT");
    if (committed) return result;
    result = std::unexpected(std::move(committed.error()));
  }
  (void)Execute("ROLLBACK");  // the first error is the one to tell
  return result;
}

Result<std::vector<event::EventId>> SqliteQueue::Append(std::span<const event::Event> events, Origin through, Deadline) {
  for (const auto& event : events) EDGEWISE_TRY(event::LaneOf(event));
  const std::scoped_lock lock(mutex_);
  return InTransaction([&] { return Insert(events, through); });
}

Result<SqliteQueue::Counts> SqliteQueue::ReadAppended() {
  Counts appended{};
  for (const auto lane : event::kLanes) {
    sqlite3_bind_int(read_appended_.get(), 1, static_cast<int>(lane));
    EDGEWISE_ASSIGN(const auto count, Number(read_appended_.get()));
    appended[static_cast<std::size_t>(lane)] = static_cast<std::uint64_t>(count);
  }
  return appended;
}

Result<void> SqliteQueue::WriteAppended(const Counts& appended) {
  for (const auto lane : event::kLanes) {
    sqlite3_bind_int(write_appended_.get(), 1, static_cast<int>(lane));
    sqlite3_bind_int64(write_appended_.get(), 2, static_cast<std::int64_t>(appended[static_cast<std::size_t>(lane)]));
    EDGEWISE_TRY(Step(write_appended_.get()));
  }
  return {};
}

Result<void> SqliteQueue::CheckRoom(const Counts& appended, std::size_t more) {
  std::uint64_t waiting = 0;
  for (const auto lane : event::kLanes) {  // from the oldest waiting to the newest given: an upper bound, without counting rows
    sqlite3_bind_int(receive_.get(), 1, static_cast<int>(lane));
    sqlite3_bind_int64(receive_.get(), 2, 1);
    if (sqlite3_step(receive_.get()) == SQLITE_ROW) {
      waiting += appended[static_cast<std::size_t>(lane)] - static_cast<std::uint64_t>(sqlite3_column_int64(receive_.get(), 0)) + 1;
    }
    sqlite3_reset(receive_.get());
  }
  if (waiting + more <= options_.most_waiting) return {};
  return Fail(Code::kResourceExhausted, fmt::format("queue: full with {} events waiting; let the relay drain it", waiting));
}

Result<std::vector<event::EventId>> SqliteQueue::Insert(std::span<const event::Event> events, Origin through) {
  EDGEWISE_ASSIGN(const auto present, Number(read_origin_.get()));
  if (static_cast<std::uint64_t>(through) <= static_cast<std::uint64_t>(present)) return std::vector<event::EventId>();
  EDGEWISE_ASSIGN(auto appended, ReadAppended());
  if (!events.empty()) EDGEWISE_TRY(CheckRoom(appended, events.size()));
  std::vector<event::EventId> ids;
  ids.reserve(events.size());
  for (const auto& event : events) {
    EDGEWISE_ASSIGN(const auto lane, event::LaneOf(event));
    EDGEWISE_ASSIGN(auto id, InsertOne(event, lane, ++appended[static_cast<std::size_t>(lane)]));
    ids.push_back(std::move(id));
  }
  EDGEWISE_TRY(WriteAppended(appended));
  sqlite3_bind_int64(write_origin_.get(), 1, static_cast<std::int64_t>(through));
  EDGEWISE_TRY(Step(write_origin_.get()));
  return ids;
}

Result<event::EventId> SqliteQueue::InsertOne(event::Event event, event::Lane lane, std::uint64_t sequence) {
  event.id = {options_.site, options_.epoch, lane, sequence};
  const auto body = event::ToJson(event);
  BindId(insert_.get(), event.id);
  BindText(insert_.get(), 3, body);
  EDGEWISE_TRY(Step(insert_.get()));
  return event.id;
}

Result<Origin> SqliteQueue::AppendedThrough() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_ASSIGN(const auto origin, Number(read_origin_.get()));
  return Origin{static_cast<std::uint64_t>(origin)};
}

Result<std::vector<Delivery>> SqliteQueue::Receive(event::Lane lane, std::size_t limit, Deadline deadline) {
  std::vector<Delivery> deliveries;
  std::vector<Receipt> damaged;
  {
    const std::scoped_lock lock(mutex_);
    sqlite3_bind_int(receive_.get(), 1, static_cast<int>(lane));
    sqlite3_bind_int64(receive_.get(), 2, static_cast<std::int64_t>(limit));
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(receive_.get())) == SQLITE_ROW) {
      const event::EventId id{options_.site, options_.epoch, lane, static_cast<std::uint64_t>(sqlite3_column_int64(receive_.get(), 0))};
      auto event = event::FromJson(TextOf(receive_.get(), 1));
      if (event) {
        deliveries.push_back({{event->id.ToString()}, std::move(*event)});
      } else {
        damaged.push_back({id.ToString()});
      }
    }
    auto failure = FromSqlite(database_.get(), "receive");
    sqlite3_reset(receive_.get());
    if (code != SQLITE_DONE) return failure;
  }
  for (const auto& receipt : damaged) EDGEWISE_TRY(SetAside(receipt, "damaged record", deadline));
  return deliveries;
}

Result<void> SqliteQueue::Settle(std::span<const Receipt> receipts, Deadline) {
  const std::scoped_lock lock(mutex_);
  return InTransaction([&]() -> Result<void> {
    for (const auto& receipt : receipts) {
      EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
      BindId(remove_.get(), id);
      EDGEWISE_TRY(Step(remove_.get()));
    }
    return {};
  });
}

Result<void> SqliteQueue::SetAside(const Receipt& receipt, std::string_view reason, Deadline) {
  EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
  const std::scoped_lock lock(mutex_);
  return InTransaction([&]() -> Result<void> {
    BindId(bury_.get(), id);
    BindText(bury_.get(), 3, reason);
    EDGEWISE_TRY(Step(bury_.get()));
    BindId(remove_.get(), id);
    return Step(remove_.get());
  });
}

Result<std::vector<LaneDepth>> SqliteQueue::Depths() {
  const std::scoped_lock lock(mutex_);
  std::vector<LaneDepth> depths;
  for (const auto lane : event::kLanes) {
    LaneDepth depth{lane};
    for (const auto& [statement, count] :
         {std::pair{count_.get(), &depth.waiting}, {count_dead_.get(), &depth.dead}, {read_appended_.get(), &depth.appended}}) {
      sqlite3_bind_int(statement, 1, static_cast<int>(lane));
      EDGEWISE_ASSIGN(const auto number, Number(statement));
      *count = static_cast<std::uint64_t>(number);
    }
    depths.push_back(depth);
  }
  return depths;
}

}  // namespace edgewise::queue
