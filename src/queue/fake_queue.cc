#include "queue/fake_queue.h"

#include <utility>

namespace edgewise::queue {

void FakeQueue::FailNext(Error error) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
}

Result<void> FakeQueue::TakeFailure() {
  if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
  return {};
}

Result<std::vector<event::EventId>> FakeQueue::Append(std::span<const event::Event> events, std::optional<Origin> through, Deadline) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  for (const auto& event : events) EDGEWISE_TRY(event::LaneOf(event));
  std::vector<event::EventId> ids;
  if (through && *through <= origin_) return ids;
  for (auto event : events) {
    const auto lane = *event::LaneOf(event);
    event.id = {site_, epoch_, lane, ++Of(lane).appended};
    ids.push_back(event.id);
    Of(lane).waiting.emplace(event.id.sequence, std::move(event));
  }
  if (through) origin_ = *through;
  return ids;
}

Result<Origin> FakeQueue::AppendedThrough() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  return origin_;
}

Result<std::vector<Delivery>> FakeQueue::Receive(event::Lane lane, std::size_t limit, Deadline) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<Delivery> deliveries;
  for (const auto& [sequence, event] : Of(lane).waiting) {
    if (deliveries.size() == limit) break;
    deliveries.push_back({{event.id.ToString()}, event});
  }
  return deliveries;
}

Result<void> FakeQueue::Settle(std::span<const Receipt> receipts, Deadline) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  for (const auto& receipt : receipts) {
    EDGEWISE_ASSIGN(const auto id, event::EventId::Parse(receipt.value));
    Of(id.lane).waiting.erase(id.sequence);
  }
  return {};
}

Result<void> FakeQueue::SetAside(const Receipt& receipt, std::string_view, Deadline) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  EDGEWISE_ASSIGN(const auto id, event::EventId::Parse(receipt.value));
  Of(id.lane).dead += Of(id.lane).waiting.erase(id.sequence);
  return {};
}

Result<std::vector<LaneDepth>> FakeQueue::Depths() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<LaneDepth> depths;
  for (const auto lane : event::kLanes) {
    const auto& state = Of(lane);
    depths.push_back({.lane = lane, .waiting = state.waiting.size(), .dead = state.dead, .damaged = 0, .appended = state.appended});
    if (!state.waiting.empty()) depths.back().oldest = state.waiting.begin()->second.time;
  }
  return depths;
}

}  // namespace edgewise::queue
