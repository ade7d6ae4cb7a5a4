#include "queue/sqlite_queue.h"

#include <fmt/format.h>

#include <utility>

#include "queue/detail/sqlite_schema.h"

namespace edgewise::queue {
namespace {

using detail::SqliteFile, detail::SqliteStatement;

constexpr std::string_view kDamaged = "damaged record: its checksum is not that of what was appended";

Result<event::EventId> ParseReceipt(const Receipt& receipt) {
  auto id = event::EventId::Parse(receipt.value);
  if (!id) return Fail(Code::kInvalidArgument, fmt::format("queue: \"{}\" is not a receipt of this queue", receipt.value));
  return id;
}

SqliteStatement& BindId(SqliteStatement& statement, const event::EventId& id) {
  return statement.Bind(1, static_cast<std::int64_t>(id.lane)).Bind(2, static_cast<std::int64_t>(id.sequence));
}

/// The event of a row (sequence, checksum, body) of a lane. Errors: kDataLoss.
Result<event::Event> ReadEvent(const SqliteStatement& row, event::Lane lane) {
  const auto body = row.Text(2);
  if (detail::Checksum(lane, static_cast<std::uint64_t>(row.Integer(0)), body) != static_cast<std::uint32_t>(row.Integer(1))) {
    return Fail(Code::kDataLoss, std::string(kDamaged));
  }
  auto event = event::FromJson(body);
  if (!event) return Fail(Code::kDataLoss, event.error().message);
  return event;
}

/// What a row (sequence, checksum, body, damaged or -1 where it waits, reason) says of itself.
SqliteQueue::Kept ToKept(const SqliteStatement& row, const std::string& site, event::Lane lane) {
  using State = SqliteQueue::Kept::State;
  const bool waits = row.Integer(3) < 0;
  const auto event = waits ? ReadEvent(row, lane) : event::FromJson(row.Text(2));
  SqliteQueue::Kept kept;
  kept.id = event ? event->id : event::EventId{site, 0, lane, static_cast<std::uint64_t>(row.Integer(0))};
  if (waits) {
    kept.state = event ? State::kWaiting : State::kDamaged;
    if (!event) kept.reason = event.error().message;
  } else {
    kept.state = row.Integer(3) == 0 ? State::kDead : State::kDamaged;
    kept.reason = row.Text(4);
  }
  return kept;
}

}  // namespace

SqliteQueue::SqliteQueue(SqliteFile file, Options options) : options_(std::move(options)), file_(std::move(file)) {}
SqliteQueue::~SqliteQueue() = default;

Result<std::unique_ptr<SqliteQueue>> SqliteQueue::Open(const std::filesystem::path& path, Options options) {
  EDGEWISE_ASSIGN(auto file, SqliteFile::Open(path, true));
  EDGEWISE_TRY(detail::PrepareFile(file));
  EDGEWISE_TRY(detail::Claim(file, {options.site, options.epoch}));
  auto queue = std::unique_ptr<SqliteQueue>(new SqliteQueue(std::move(file), std::move(options)));
  EDGEWISE_TRY(queue->Prepare());
  return queue;
}

Result<std::unique_ptr<SqliteQueue>> SqliteQueue::OpenExisting(const std::filesystem::path& path) {
  EDGEWISE_ASSIGN(auto file, SqliteFile::Open(path, false));
  EDGEWISE_TRY(detail::PrepareFile(file));
  EDGEWISE_ASSIGN(auto owner, detail::ReadOwner(file));
  auto queue = std::unique_ptr<SqliteQueue>(new SqliteQueue(std::move(file), {.site = std::move(owner.site), .epoch = owner.epoch}));
  EDGEWISE_TRY(queue->Prepare());
  return queue;
}

Result<void> SqliteQueue::Prepare() {
  for (const auto& [statement, sql] : std::initializer_list<std::pair<SqliteStatement*, std::string_view>>{
           {&insert_, "INSERT INTO events VALUES(?, ?, ?, ?)"},
           {&receive_, "SELECT sequence, checksum, body FROM events WHERE lane = ? ORDER BY sequence LIMIT ?"},
           {&remove_, "DELETE FROM events WHERE lane = ? AND sequence = ?"},
           {&bury_, "INSERT OR IGNORE INTO aside SELECT lane, sequence, ?4, body, ?3 FROM events WHERE lane = ?1 AND sequence = ?2"},
           {&read_appended_, "SELECT appended FROM lanes WHERE lane = ?"},
           {&write_appended_, "UPDATE lanes SET appended = ?2 WHERE lane = ?1"},
           {&read_origin_, "SELECT origin FROM owner"},
           {&write_origin_, "UPDATE owner SET origin = ?"},
           {&count_, "SELECT count(*) FROM events WHERE lane = ?"},
           {&count_aside_, "SELECT count(*) FROM aside WHERE lane = ? AND damaged = ?"},
           {&all_,
            "SELECT sequence, checksum, body, -1 AS damaged, '' AS reason FROM events WHERE lane = ?1 UNION ALL "
            "SELECT sequence, 0, body, damaged, reason FROM aside WHERE lane = ?1 ORDER BY sequence"}}) {
    EDGEWISE_ASSIGN(*statement, file_.Prepare(sql));
  }
  return {};
}

Result<std::vector<event::EventId>> SqliteQueue::Append(std::span<const event::Event> events, std::optional<Origin> through, Deadline) {
  for (const auto& event : events) EDGEWISE_TRY(event::LaneOf(event));
  const std::scoped_lock lock(mutex_);
  return file_.InTransaction([&] { return Insert(events, through); });
}

Result<SqliteQueue::Counts> SqliteQueue::ReadAppended() {
  Counts appended{};
  for (const auto lane : event::kLanes) {
    EDGEWISE_ASSIGN(const auto count, read_appended_.Bind(1, static_cast<std::int64_t>(lane)).Number());
    appended[static_cast<std::size_t>(lane)] = static_cast<std::uint64_t>(count);
  }
  return appended;
}

Result<void> SqliteQueue::WriteAppended(const Counts& appended) {
  for (const auto lane : event::kLanes) {
    const auto count = static_cast<std::int64_t>(appended[static_cast<std::size_t>(lane)]);
    EDGEWISE_TRY(write_appended_.Bind(1, static_cast<std::int64_t>(lane)).Bind(2, count).Run());
  }
  return {};
}

Result<void> SqliteQueue::CheckRoom(const Counts& appended, std::size_t more) {
  std::uint64_t waiting = 0;
  for (const auto lane : event::kLanes) {  // from the oldest waiting to the newest given: an upper bound, without counting rows
    EDGEWISE_ASSIGN(const bool some, receive_.Bind(1, static_cast<std::int64_t>(lane)).Bind(2, std::int64_t{1}).Step());
    if (some) waiting += appended[static_cast<std::size_t>(lane)] - static_cast<std::uint64_t>(receive_.Integer(0)) + 1;
    receive_.Reset();
  }
  if (waiting + more <= options_.most_waiting) return {};
  return Fail(Code::kResourceExhausted, fmt::format("queue: full with {} events waiting; let the relay drain it", waiting));
}

Result<std::vector<event::EventId>> SqliteQueue::Insert(std::span<const event::Event> events, std::optional<Origin> through) {
  if (through) {
    EDGEWISE_ASSIGN(const auto present, read_origin_.Number());
    if (static_cast<std::uint64_t>(*through) <= static_cast<std::uint64_t>(present)) return std::vector<event::EventId>();
  }
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
  if (through) EDGEWISE_TRY(write_origin_.Bind(1, static_cast<std::int64_t>(*through)).Run());
  return ids;
}

Result<event::EventId> SqliteQueue::InsertOne(event::Event event, event::Lane lane, std::uint64_t sequence) {
  event.id = {options_.site, options_.epoch, lane, sequence};
  const auto body = event::ToJson(event);
  EDGEWISE_TRY(BindId(insert_, event.id).Bind(3, std::int64_t{detail::Checksum(lane, sequence, body)}).Bind(4, body).Run());
  return event.id;
}

Result<Origin> SqliteQueue::AppendedThrough() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_ASSIGN(const auto origin, read_origin_.Number());
  return Origin{static_cast<std::uint64_t>(origin)};
}

Result<std::vector<Delivery>> SqliteQueue::Receive(event::Lane lane, std::size_t limit, Deadline) {
  const std::scoped_lock lock(mutex_);
  std::vector<Delivery> deliveries;
  std::vector<std::pair<event::EventId, std::string>> damaged;
  receive_.Bind(1, static_cast<std::int64_t>(lane)).Bind(2, static_cast<std::int64_t>(limit));
  while (true) {
    EDGEWISE_ASSIGN(const bool more, receive_.Step());
    if (!more) break;
    auto event = ReadEvent(receive_, lane);
    if (event) {
      deliveries.push_back({{event->id.ToString()}, std::move(*event)});
    } else {
      damaged.emplace_back(event::EventId{options_.site, 0, lane, static_cast<std::uint64_t>(receive_.Integer(0))}, event.error().message);
    }
  }
  receive_.Reset();
  if (damaged.empty()) return deliveries;
  const auto buried = file_.InTransaction([&]() -> Result<void> {
    for (const auto& [id, why] : damaged) EDGEWISE_TRY(Bury(id, why, true));
    return {};
  });
  EDGEWISE_TRY(buried);
  return deliveries;
}

Result<void> SqliteQueue::Settle(std::span<const Receipt> receipts, Deadline) {
  const std::scoped_lock lock(mutex_);
  return file_.InTransaction([&]() -> Result<void> {
    for (const auto& receipt : receipts) {
      EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
      EDGEWISE_TRY(BindId(remove_, id).Run());
    }
    return {};
  });
}

Result<void> SqliteQueue::SetAside(const Receipt& receipt, std::string_view reason, Deadline) {
  EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
  const std::scoped_lock lock(mutex_);
  return file_.InTransaction([&] { return Bury(id, reason, false); });
}

/// In a transaction.
Result<void> SqliteQueue::Bury(const event::EventId& id, std::string_view reason, bool damaged) {
  EDGEWISE_TRY(BindId(bury_, id).Bind(3, reason).Bind(4, std::int64_t{damaged}).Run());
  return BindId(remove_, id).Run();
}

Result<std::vector<LaneDepth>> SqliteQueue::Depths() {
  const std::scoped_lock lock(mutex_);
  std::vector<LaneDepth> depths;
  for (const auto lane : event::kLanes) {
    const auto number = static_cast<std::int64_t>(lane);
    EDGEWISE_ASSIGN(const auto waiting, count_.Bind(1, number).Number());
    EDGEWISE_ASSIGN(const auto dead, count_aside_.Bind(1, number).Bind(2, std::int64_t{0}).Number());
    EDGEWISE_ASSIGN(const auto damaged, count_aside_.Bind(1, number).Bind(2, std::int64_t{1}).Number());
    EDGEWISE_ASSIGN(const auto appended, read_appended_.Bind(1, number).Number());
    depths.push_back({.lane = lane,
                      .waiting = static_cast<std::uint64_t>(waiting),
                      .dead = static_cast<std::uint64_t>(dead),
                      .damaged = static_cast<std::uint64_t>(damaged),
                      .appended = static_cast<std::uint64_t>(appended)});
  }
  return depths;
}

Result<void> SqliteQueue::ForEach(const std::function<Result<void>(const Kept&)>& take) {
  const std::scoped_lock lock(mutex_);
  for (const auto lane : event::kLanes) {
    all_.Bind(1, static_cast<std::int64_t>(lane));
    while (true) {
      EDGEWISE_ASSIGN(const bool more, all_.Step());
      if (!more) break;
      if (const auto taken = take(ToKept(all_, options_.site, lane)); !taken) {
        all_.Reset();
        return taken;
      }
    }
    all_.Reset();
  }
  return {};
}

}  // namespace edgewise::queue
