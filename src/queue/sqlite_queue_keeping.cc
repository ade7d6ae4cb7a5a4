// What operators do with a queue's records.

#include <fmt/format.h>

#include <algorithm>

#include "queue/detail/read_event.h"
#include "queue/sqlite_queue.h"

namespace edgewise::queue {
namespace {

using detail::SqliteRecords;
using State = SqliteQueue::Kept::State;

Error NotAside(const event::EventId& id) {
  return {Code::kNotFound, fmt::format("queue: event {} is not set aside; see edgewise events dead list", id.ToString())};
}

}  // namespace

Result<std::vector<LaneDepth>> SqliteQueue::Depths() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(Ready());
  std::vector<LaneDepth> depths;
  for (const auto lane : event::kLanes) {
    EDGEWISE_ASSIGN(const auto depth, Depth(lane));
    depths.push_back(depth);
  }
  return depths;
}

Result<LaneDepth> SqliteQueue::Depth(event::Lane lane) {
  EDGEWISE_ASSIGN(const auto counts, records_->Counts(lane));
  EDGEWISE_ASSIGN(const auto dead, records_->CountAside(lane, false));
  EDGEWISE_ASSIGN(const auto damaged, records_->CountAside(lane, true));
  const auto gone = counts.settled + counts.dropped + counts.missing + dead + damaged;
  std::optional<EventTime> oldest;
  EDGEWISE_TRY(records_->ForEachWaiting(lane, 0, 1, [&](const SqliteRecords::Row& row) -> Result<void> {
    if (const auto event = detail::ReadEvent(row, lane)) oldest = event->time;
    return {};
  }));
  return LaneDepth{.lane = lane,
                   .waiting = counts.appended - std::min(counts.appended, gone),
                   .waiting_bytes = counts.bytes,
                   .dead = dead,
                   .damaged = damaged,
                   .missing = counts.missing,
                   .dropped = counts.dropped,
                   .oldest = oldest,
                   .appended = counts.appended};
}

Result<std::vector<SqliteQueue::Kept>> SqliteQueue::Page(event::Lane lane, std::uint64_t after, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(Ready());
  std::vector<Kept> page;
  const auto nameless = [&](std::uint64_t sequence) { return event::EventId{options_.site, 0, lane, sequence}; };
  const auto waits = [&](const SqliteRecords::Row& row) -> Result<void> {
    const auto event = detail::ReadEvent(row, lane);
    page.push_back(event ? Kept{event->id, State::kWaiting, "", std::string(row.body)}
                         : Kept{nameless(row.sequence), State::kDamaged, event.error().message, std::string(row.body)});
    return {};
  };
  const auto aside = [&](const SqliteRecords::AsideRow& row) -> Result<void> {
    const auto event = event::FromJson(row.body);
    page.push_back({event && event->id.sequence == row.sequence ? event->id : nameless(row.sequence),
                    row.damaged ? State::kDamaged : State::kDead, std::string(row.reason), std::string(row.body)});
    return {};
  };
  EDGEWISE_TRY(records_->ForEach(lane, after, limit, waits, aside));
  return page;
}

Result<void> SqliteQueue::ForEach(const std::function<Result<void>(const Kept&)>& take) {
  return ForEach([this](event::Lane lane, std::uint64_t after, std::size_t limit) { return Page(lane, after, limit); }, take);
}

Result<void> SqliteQueue::ForEach(const Pages& page, const std::function<Result<void>(const Kept&)>& take) {
  constexpr std::size_t kPage = 1000;
  for (const auto lane : event::kLanes) {
    std::uint64_t after = 0;
    while (true) {
      EDGEWISE_ASSIGN(const auto some, page(lane, after, kPage));
      for (const auto& kept : some) EDGEWISE_TRY(take(kept));
      if (some.size() < kPage) break;
      if (some.back().id.sequence <= after) return Fail(Code::kDataLoss, "queue: a page begins again where it began before");
      after = some.back().id.sequence;
    }
  }
  return {};
}

/// A flipped bit in a key: whoever walks through the records meets it, and whoever looks for it does not.
std::unexpected<Error> SqliteQueue::Unreachable(event::Lane lane, std::uint64_t sequence) const {
  return Fail(Code::kDataLoss, fmt::format("queue {}: a page of its file is damaged at record {} of lane {}; stop the site, keep the file, "
                                           "move it away, and start with a higher epoch",
                                           path_.string(), sequence, event::LaneName(lane)));
}

Result<SqliteQueue::Scrubbed> SqliteQueue::Scrub(std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(Ready());
  const auto lane = event::kLanes[scrub_.lane];
  Damaged damaged;
  std::size_t read = 0;
  EDGEWISE_TRY(records_->ForEachWaiting(lane, scrub_.after, limit, [&](const SqliteRecords::Row& row) -> Result<void> {
    ++read;
    ++scrub_.seen;
    scrub_.after = row.sequence;
    if (const auto event = detail::ReadEvent(row, lane); !event) damaged.emplace_back(row.sequence, event.error().message);
    return {};
  }));
  Scrubbed scrubbed{.damaged = damaged.size()};
  EDGEWISE_TRY(BuryDamaged(lane, damaged));
  if (read == limit) return scrubbed;
  EDGEWISE_ASSIGN(scrubbed.missing, FindMissing(lane));
  const auto next = (scrub_.lane + 1) % event::kLanes.size();
  scrub_ = {.lane = next};
  scrubbed.done = next == 0;
  return scrubbed;
}

/// A lane was read to its end: what should wait and was not seen is gone.
Result<std::uint64_t> SqliteQueue::FindMissing(event::Lane lane) {
  EDGEWISE_ASSIGN(const auto depth, Depth(lane));
  if (depth.waiting <= scrub_.seen) return 0;
  const auto missing = depth.waiting - scrub_.seen;
  return Transact([&]() -> Result<std::uint64_t> {
    EDGEWISE_ASSIGN(auto counts, records_->Counts(lane));
    counts.missing += missing;
    EDGEWISE_TRY(records_->SetCounts(lane, counts));
    return missing;
  });
}

std::uint64_t SqliteQueue::mended() {
  const std::scoped_lock lock(mutex_);
  return mended_ + (records_ ? records_->file().mended() : 0);
}

Result<event::EventId> SqliteQueue::Retry(const event::EventId& id) {
  if (refused_) return std::unexpected(*refused_);
  return Change([&]() -> Result<event::EventId> {
    event::Event event;
    const auto found = records_->FindAside(id.lane, id.sequence, [&](const SqliteRecords::AsideRow& row) -> Result<void> {
      if (row.damaged) {
        return Fail(Code::kFailedPrecondition, fmt::format("queue: event {} is damaged and cannot go: look at it with edgewise events dead "
                                                           "show, then give it up with edgewise events dead drop",
                                                           id.ToString()));
      }
      EDGEWISE_ASSIGN(event, event::FromJson(row.body));
      if (event.id.lane == id.lane && event.id.sequence == id.sequence && event.id.site == options_.site) return {};
      return Fail(Code::kFailedPrecondition,
                  fmt::format("queue: event {} bears another's name; give it up with edgewise events dead drop", id.ToString()));
    });
    EDGEWISE_TRY(found);
    if (!*found) return std::unexpected(NotAside(id));
    EDGEWISE_TRY(records_->RemoveAside(id.lane, id.sequence));
    EDGEWISE_ASSIGN(auto lanes, ReadLanes());
    ++lanes[static_cast<std::size_t>(id.lane)].settled;
    EDGEWISE_ASSIGN(auto again, InsertOne(std::move(event), lanes));
    EDGEWISE_TRY(WriteLanes(lanes));
    return again;
  });
}

Result<void> SqliteQueue::Discard(const event::EventId& id) {
  return Change([&]() -> Result<void> {
    EDGEWISE_ASSIGN(const bool found, records_->FindAside(id.lane, id.sequence, [](const auto&) { return Result<void>(); }));
    if (!found) return std::unexpected(NotAside(id));
    EDGEWISE_TRY(records_->RemoveAside(id.lane, id.sequence));
    EDGEWISE_ASSIGN(auto counts, records_->Counts(id.lane));
    ++counts.dropped;
    return records_->SetCounts(id.lane, counts);
  });
}

}  // namespace edgewise::queue
