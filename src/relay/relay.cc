#include "relay/relay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "relay/detail/audit_file.h"
#include "relay/detail/lane_state.h"

namespace edgewise::relay {

using event::Lane;
using event::LaneName;

Relay::Relay(Options options, Policy policy, queue::Queue& queue, store::Store& store, Files& files, Metrics& metrics)
    : options_(std::move(options)), queue_(queue), store_(store), files_(files), metrics_(metrics), policy_(std::move(policy)) {
  audit_ = std::make_unique<Audit>(files_, options_.folder);
  for (const auto lane : event::kLanes) {
    auto& state = lanes_[static_cast<std::size_t>(lane)];
    state = std::make_unique<LaneState>();
    const Labels labels = {{"site", options_.site}, {"lane", std::string(LaneName(lane))}};
    state->allowed = &metrics_.Counter("edgewise_relay_allowed_total", "Events that the policy let out of the site", labels);
    state->denied = &metrics_.Counter("edgewise_relay_denied_total", "Events that the policy kept at the site", labels);
    state->batches = &metrics_.Counter("edgewise_relay_batches_total", "Batches put into the store", labels);
    state->stopped_gauge = &metrics_.Gauge("edgewise_relay_stopped", "1: the store holds other bytes under a name of this lane", labels);
    status_.lanes[lane] = {};
  }
}

Relay::~Relay() = default;

Relay::LaneState& Relay::Of(Lane lane) { return *lanes_[static_cast<std::size_t>(lane)]; }

void Relay::SetPolicy(Policy policy) {
  const std::scoped_lock lock(mutex_);
  policy_ = std::move(policy);
}

RelayStatus Relay::Status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

Result<bool> Relay::Step(bool flush, Deadline deadline) {
  if (!loaded_) EDGEWISE_TRY(Load(deadline));
  Result<bool> did = false;  // or the first lane's error
  for (const auto lane : event::kLanes) {
    if (Of(lane).stopped) continue;
    auto lane_did = StepLane(lane, flush, deadline);
    if (did) did = lane_did ? Result<bool>(*did || *lane_did) : std::move(lane_did);
  }
  return did;
}

Result<bool> Relay::StepLane(Lane lane, bool flush, Deadline deadline) {
  if (!Of(lane).sending) {
    EDGEWISE_ASSIGN(const bool due, Due(lane, flush));
    if (!due) return false;
    EDGEWISE_ASSIGN(const bool received, CutNext(lane, deadline));
    if (!Of(lane).sending) return received;
  }
  if (Of(lane).reloaded) {
    EDGEWISE_ASSIGN(const bool wanted, StillWanted(lane, deadline));
    if (!wanted) Of(lane).sending.reset();
    Of(lane).reloaded = false;
    if (!wanted) return true;
  }
  const auto stored = Send(lane, deadline);
  if (!stored && stored.error().code == Code::kInvalidArgument && !Of(lane).object_stored) {
    EDGEWISE_TRY(Refused(lane, stored.error(), deadline));
    return true;
  }
  EDGEWISE_TRY(stored);
  if (*stored) EDGEWISE_TRY(Finish(lane, deadline));
  return true;
}

/// The store has not taken the batch, for what it is; so nothing of it is there.
Result<void> Relay::Refused(Lane lane, const Error& refusal, Deadline deadline) {
  auto& state = Of(lane);
  if (++state.refusals < options_.most_refusals) return std::unexpected(refusal);
  const auto& head = state.sending->head;
  EDGEWISE_TRY(audit_->Note(fmt::format("{{\"refused\":\"{}\"}}\n", head.object_name)));
  log::Warn("relay {}: the store refuses {}: {}", options_.site, head.object_name, refusal.message);
  if (state.receipts.size() == 1) {
    EDGEWISE_TRY(queue_.SetAside(state.receipts.front(), fmt::format("the store refused it {} times: {}", state.refusals, refusal.message),
                                 deadline));
  } else {  // after a restart there are no receipts: the same events come again
    state.most = std::max<std::size_t>(1, state.receipts.size() / 2);
    state.Forget(head);
  }
  state.refusals = 0;
  state.receipts.clear();
  state.sending.reset();
  return {};
}

Result<bool> Relay::Due(Lane lane, bool flush) {
  auto& state = Of(lane);
  if (flush || state.more) return true;
  EDGEWISE_ASSIGN(const auto depths, queue_.Depths());
  const auto depth = std::ranges::find(depths, lane, &queue::LaneDepth::lane);
  if (depth == depths.end() || depth->waiting == 0) {
    state.waiting_since.reset();
    return false;
  }
  const auto now = options_.now();
  if (!state.waiting_since) state.waiting_since = now;
  return depth->waiting >= options_.max_events || now - *state.waiting_since >= options_.max_age;
}

/// Takes the next events of one epoch and commits their cut. True if the queue gave any.
Result<bool> Relay::CutNext(Lane lane, Deadline deadline) {
  auto& state = Of(lane);
  const auto most = state.most == 0 ? options_.max_events : state.most;
  EDGEWISE_ASSIGN(auto deliveries, queue_.Receive(lane, most, deadline));
  state.more = deliveries.size() >= most;
  state.waiting_since.reset();
  std::vector<queue::Receipt> carried, receipts;
  std::vector<event::Raw<event::Event>> events;
  event::EventId next;
  for (auto& delivery : deliveries) {
    const auto& id = delivery.event.id;
    if (id.site != options_.site || id.epoch > options_.epoch) {
      EDGEWISE_TRY(queue_.SetAside(delivery.receipt, "the event bears the name of another site or of a later epoch", deadline));
    } else if (state.GivenUp(id)) {
      EDGEWISE_TRY(queue_.SetAside(delivery.receipt, "the disk was set back, and its lost life had given this event up", deadline));
    } else if (state.Carried(id)) {
      carried.push_back(std::move(delivery.receipt));
    } else if (events.empty() || id == next) {
      next = id;
      ++next.sequence;
      receipts.push_back(std::move(delivery.receipt));
      events.emplace_back(std::move(delivery.event));
    } else {
      state.more = true;  // another epoch, or events behind a gap, are another batch: what lies in a batch's range is in it
      break;
    }
  }
  if (!carried.empty()) {
    if (carried.front().value == state.settled_before) {
      return Fail(Code::kDataLoss,
                  fmt::format("relay: the queue gives {} again though it was settled: its file is damaged; see edgewise doctor",
                              state.settled_before));
    }
    EDGEWISE_TRY(queue_.Settle(carried, deadline));
    state.settled_before = carried.front().value;
  }
  if (events.empty()) return !deliveries.empty();
  const auto policy = [this] {
    const std::scoped_lock lock(mutex_);
    return policy_;
  }();
  auto batch = policy.Cut(options_.site, lane, events);
  const auto before = Status().lanes.at(lane);
  batch.allowed_ever = before.allowed + batch.head.events;
  batch.denied_ever = before.denied + batch.head.denied;
  EDGEWISE_TRY(Commit(policy, std::move(batch)));
  state.receipts = std::move(receipts);
  return true;
}

/// From here on the batch is decided: whatever happens, these bytes go under this name.
Result<void> Relay::Commit(const Policy& policy, Batch batch) {
  const auto lane = batch.head.lane;
  const auto now = options_.clock != nullptr ? options_.clock->Now() : wall_.Now();
  EDGEWISE_TRY(audit_->Append(now, batch));
  EDGEWISE_TRY(files_.ReplaceDurably(options_.folder / fmt::format("{}.cut", LaneName(lane)), policy.Seal(batch)));
  auto& state = Of(lane);
  batch.audit.clear();
  state.epoch = batch.head.epoch;
  state.through = batch.head.last;
  state.object_stored = false;
  state.sending = std::move(batch);
  return {};
}

/// True when object and manifest are stored; false when the lane has stopped.
Result<bool> Relay::Send(Lane lane, Deadline deadline) {
  auto& state = Of(lane);
  const auto& batch = *state.sending;
  if (!state.object_stored) {
    EDGEWISE_ASSIGN(state.object_stored, PutOnce(lane, batch.head.object_name, batch.object, deadline));
    if (!state.object_stored) return false;
  }
  return PutOnce(lane, batch.head.manifest_name, batch.manifest, deadline);
}

Result<bool> Relay::PutOnce(Lane lane, const std::string& name, const event::Permitted<std::string>& bytes, Deadline deadline) {
  const auto put = store_.Put(name, bytes, deadline);
  if (put) return true;
  if (put.error().code != Code::kAlreadyExists) return std::unexpected(put.error());
  EDGEWISE_ASSIGN(const auto stored, store_.Get(name, deadline));
  if (stored == bytes.value()) return true;  // an answer was lost on the way
  Stop(lane,
       fmt::format("the store holds {} with other bytes ({}, ours {}): another site writes under this name, or the site's disk was set "
                   "back; find out which, then start the site with a new epoch",
                   name, Digest::Of(stored).ToString(), Digest::Of(bytes.value()).ToString()));
  return false;
}

Result<void> Relay::Finish(Lane lane, Deadline deadline) {
  auto& state = Of(lane);
  if (!state.receipts.empty()) EDGEWISE_TRY(queue_.Settle(state.receipts, deadline));
  state.receipts.clear();
  state.refusals = 0;
  if (state.most *= 2; state.most >= options_.max_events) state.most = 0;
  const auto batch = std::move(*state.sending);
  state.sending.reset();
  const auto [allowed, denied] =
      state.repeated ? std::pair<std::uint64_t, std::uint64_t>() : std::pair(batch.head.events, batch.head.denied);
  state.repeated = false;
  state.allowed->Increment(static_cast<double>(allowed));
  state.denied->Increment(static_cast<double>(denied));
  state.batches->Increment();
  const std::scoped_lock lock(mutex_);
  auto& status = status_.lanes[lane];
  status = {.allowed = batch.allowed_ever,
            .denied = batch.denied_ever,
            .stored_through = batch.head.last,
            .allowed_now = status.allowed_now + allowed,
            .denied_now = status.denied_now + denied};
  status_.leak_bits_max = std::max(status_.leak_bits_max, batch.head.leak_bits_max);
  return {};
}

void Relay::Stop(Lane lane, std::string reason) {
  auto& state = Of(lane);
  state.stopped = true;
  state.stopped_gauge->Set(1);
  log::Failed("relay {}: lane {} stops: {}", options_.site, LaneName(lane), reason);
  const std::scoped_lock lock(mutex_);
  if (!status_.stopped) status_.stopped = fmt::format("lane {}: {}", LaneName(lane), reason);
}

}  // namespace edgewise::relay
