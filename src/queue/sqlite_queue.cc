#include "queue/sqlite_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "queue/detail/read_event.h"

namespace edgewise::queue {
namespace {

using detail::LaneCounts, detail::SqliteRecords;

Result<event::EventId> ParseReceipt(const Receipt& receipt) {
  auto id = event::EventId::Parse(receipt.value);
  if (!id) return Fail(Code::kInvalidArgument, fmt::format("queue: \"{}\" is not a receipt of this queue", receipt.value));
  return id;
}

std::size_t Index(event::Lane lane) { return static_cast<std::size_t>(lane); }

}  // namespace

SqliteQueue::SqliteQueue(std::filesystem::path path, Options options, std::unique_ptr<SqliteRecords> records)
    : path_(std::move(path)), options_(std::move(options)), records_(std::move(records)) {}
SqliteQueue::~SqliteQueue() = default;

Result<std::unique_ptr<SqliteQueue>> SqliteQueue::Open(const std::filesystem::path& path, Options options) {
  EDGEWISE_ASSIGN(auto records, SqliteRecords::Open(*options.files, path, detail::Owner{options.site, options.epoch}));
  return std::unique_ptr<SqliteQueue>(new SqliteQueue(path, std::move(options), std::move(records)));
}

Result<std::unique_ptr<SqliteQueue>> SqliteQueue::OpenExisting(const std::filesystem::path& path) {
  Options options;
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) == 0 && !ignored) {
    return Fail(Code::kFailedPrecondition, fmt::format("queue: {} is empty: it was cut off, or never written; it is left as it is. Put its "
                                                       "backup back or remove it, and start its site with a higher epoch",
                                                       path.string()));
  }
  EDGEWISE_ASSIGN(auto records, SqliteRecords::Open(*options.files, path, std::nullopt));
  options.site = records->owner().site;
  options.epoch = records->owner().epoch;
  return std::unique_ptr<SqliteQueue>(new SqliteQueue(path, std::move(options), std::move(records)));
}

/// Every call begins with it. What has failed is closed before it is opened again: one connection has the file.
Result<void> SqliteQueue::Ready() {
  if (records_ && !records_->file().failed()) return {};
  if (records_) log::Warn("queue {}: its disk has failed; it is opened again", path_.string());
  mended_ += records_ ? records_->file().mended() : 0;
  records_.reset();
  scrub_ = {};
  EDGEWISE_ASSIGN(records_, SqliteRecords::Open(*options_.files, path_, detail::Owner{options_.site, options_.epoch}));
  return {};
}

Result<SqliteQueue::Lanes> SqliteQueue::ReadLanes() {
  Lanes lanes;
  for (const auto lane : event::kLanes) {
    EDGEWISE_ASSIGN(lanes[Index(lane)], records_->Counts(lane));
  }
  return lanes;
}

Result<void> SqliteQueue::WriteLanes(const Lanes& lanes) {
  for (const auto lane : event::kLanes) EDGEWISE_TRY(records_->SetCounts(lane, lanes[Index(lane)]));
  return {};
}

Result<std::vector<event::EventId>> SqliteQueue::Append(std::span<const event::Event> events, std::optional<Origin> through, Deadline) {
  if (refused_) return std::unexpected(*refused_);
  for (const auto& event : events) EDGEWISE_TRY(event::LaneOf(event));
  return Change([&] { return Insert(events, through); });
}

Result<std::vector<event::EventId>> SqliteQueue::Insert(std::span<const event::Event> events, std::optional<Origin> through) {
  if (through) {
    EDGEWISE_ASSIGN(const auto present, records_->Origin());
    if (static_cast<std::uint64_t>(*through) <= present) return std::vector<event::EventId>();
  }
  std::vector<event::EventId> ids;
  ids.reserve(events.size());
  if (!events.empty()) {
    EDGEWISE_ASSIGN(auto lanes, ReadLanes());
    for (const auto& event : events) {
      EDGEWISE_ASSIGN(auto id, InsertOne(event, lanes));
      ids.push_back(std::move(id));
    }
    EDGEWISE_TRY(WriteLanes(lanes));
  }
  if (through) EDGEWISE_TRY(records_->SetOrigin(static_cast<std::uint64_t>(*through)));
  return ids;
}

Result<event::EventId> SqliteQueue::InsertOne(event::Event event, Lanes& lanes) {
  EDGEWISE_ASSIGN(const auto lane, event::LaneOf(event));
  auto& counts = lanes[Index(lane)];
  event.id = {options_.site, options_.epoch, lane, counts.appended + 1};
  const auto body = event::ToJson(event);
  EDGEWISE_ASSIGN(const bool room, MakeRoom(lane, body.size(), lanes));
  ++counts.appended;
  if (!room) {
    ++counts.dropped;
    return event.id;
  }
  EDGEWISE_TRY(records_->Insert(event.id, body));
  counts.bytes += body.size();
  return event.id;
}

/// In a transaction. As SqliteRecords.
Result<std::optional<std::uint64_t>> SqliteQueue::Remove(event::Lane lane, std::uint64_t sequence) {
  EDGEWISE_ASSIGN(const auto bytes, records_->Remove(lane, sequence));
  if (bytes && Index(lane) == scrub_.lane && sequence <= scrub_.after) ++unseen_;
  return bytes;
}

/// False: the event that wants it is to be dropped itself.
Result<bool> SqliteQueue::MakeRoom(event::Lane lane, std::size_t bytes, Lanes& lanes) {
  const auto used = [&lanes] { return lanes[0].bytes + lanes[1].bytes + lanes[2].bytes; };
  if (options_.when_full == WhenFull::kBlock && used() + bytes > options_.most_bytes) {
    return Fail(Code::kResourceExhausted, fmt::format("queue {}: full with {} bytes of events waiting, at most {}; let the relay drain it",
                                                      path_.string(), used(), options_.most_bytes));
  }
  for (const auto victim : event::kLanes | std::views::reverse) {
    if (victim < lane || used() + bytes <= options_.most_bytes) break;
    EDGEWISE_TRY(DropOldest(victim, used() + bytes - options_.most_bytes, lanes[Index(victim)]));
  }
  return used() + bytes <= options_.most_bytes;
}

/// Until so many bytes are free, or nothing is left that may go.
Result<void> SqliteQueue::DropOldest(event::Lane lane, std::uint64_t bytes, LaneCounts& counts) {
  constexpr std::size_t kAtOnce = 64;
  std::uint64_t freed = 0;
  while (freed < bytes) {
    std::vector<std::uint64_t> oldest;
    EDGEWISE_TRY(records_->ForEachWaiting(lane, handed_[Index(lane)], kAtOnce, [&](const SqliteRecords::Row& row) -> Result<void> {
      oldest.push_back(row.sequence);
      return {};
    }));
    if (oldest.empty()) return {};
    for (const auto sequence : oldest) {
      if (freed >= bytes) break;
      EDGEWISE_ASSIGN(const auto removed, Remove(lane, sequence));
      if (!removed) return Unreachable(lane, sequence);
      freed += *removed;
      counts.bytes -= std::min(counts.bytes, *removed);
      ++counts.dropped;
    }
  }
  return {};
}

Result<Origin> SqliteQueue::AppendedThrough() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(Ready());
  EDGEWISE_ASSIGN(const auto origin, records_->Origin());
  return Origin{origin};
}

Result<std::vector<Delivery>> SqliteQueue::Receive(event::Lane lane, std::size_t limit, Deadline) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(Ready());
  std::vector<Delivery> deliveries;
  Damaged damaged;
  do {  // once more if there was nothing but damage
    damaged.clear();
    const auto read = records_->ForEachWaiting(lane, 0, limit, [&](const SqliteRecords::Row& row) -> Result<void> {
      auto event = detail::ReadEvent(row, lane);
      if (event) {
        deliveries.push_back({{event->id.ToString()}, std::move(*event)});
      } else {
        damaged.emplace_back(row.sequence, event.error().message);
      }
      return {};
    });
    EDGEWISE_TRY(read);
    EDGEWISE_TRY(BuryDamaged(lane, damaged));
  } while (deliveries.empty() && !damaged.empty());
  if (!deliveries.empty()) handed_[Index(lane)] = std::max(handed_[Index(lane)], deliveries.back().event.id.sequence);
  return deliveries;
}

Result<void> SqliteQueue::Settle(std::span<const Receipt> receipts, Deadline) {
  return Change([&]() -> Result<void> {
    EDGEWISE_ASSIGN(auto lanes, ReadLanes());
    for (const auto& receipt : receipts) {
      EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
      EDGEWISE_ASSIGN(const auto removed, Remove(id.lane, id.sequence));
      auto& counts = lanes[Index(id.lane)];
      counts.settled += removed ? 1 : 0;
      counts.bytes -= std::min(counts.bytes, removed.value_or(0));
    }
    return WriteLanes(lanes);
  });
}

Result<void> SqliteQueue::SetAside(const Receipt& receipt, std::string_view reason, Deadline) {
  EDGEWISE_ASSIGN(const auto id, ParseReceipt(receipt));
  return Change([&] { return Bury(id.lane, id.sequence, reason, false); });
}

Result<void> SqliteQueue::BuryDamaged(event::Lane lane, const Damaged& damaged) {
  if (damaged.empty()) return {};
  return Transact([&]() -> Result<void> {
    for (const auto& [sequence, why] : damaged) EDGEWISE_TRY(Bury(lane, sequence, why, true));
    return {};
  });
}

/// In a transaction.
Result<void> SqliteQueue::Bury(event::Lane lane, std::uint64_t sequence, std::string_view reason, bool damaged) {
  EDGEWISE_TRY(records_->PutAside(lane, sequence, reason, damaged));
  EDGEWISE_ASSIGN(const auto removed, Remove(lane, sequence));
  if (!removed && damaged) return Unreachable(lane, sequence);
  EDGEWISE_ASSIGN(auto counts, records_->Counts(lane));
  counts.bytes -= std::min(counts.bytes, removed.value_or(0));  // damage may have changed its length
  return records_->SetCounts(lane, counts);
}

}  // namespace edgewise::queue
