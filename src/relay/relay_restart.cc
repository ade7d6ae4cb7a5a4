// What a relay finds when it starts: the last cut of each lane, and what a life of the disk that was lost has carried.

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "relay/detail/lane_state.h"
#include "relay/detail/names.h"

namespace edgewise::relay {

using detail::RangeOf, detail::kManifestEnding, detail::LanePrefix;
using event::LaneName;

namespace {

constexpr std::size_t kNamesAtOnce = 1000;

}  // namespace

Result<void> Relay::Load(Deadline deadline) {
  EDGEWISE_TRY(Shown(LoadCuts()));
  EDGEWISE_TRY(FindCarried(deadline));
  loaded_ = true;
  return {};
}

/// The last cut of each lane is done again: nobody knows whether it was put and settled before the restart, and doing it twice changes
/// nothing.
Result<void> Relay::LoadCuts() {
  EDGEWISE_TRY(files_.MakeDirs(options_.folder));
  EDGEWISE_ASSIGN(const auto depths, queue_.Depths());
  for (const auto lane : event::kLanes) {
    auto& state = Of(lane);
    state.epoch = state.through = 0;  // what an earlier try has found
    state.sending.reset();
    const auto path = options_.folder / fmt::format("{}.cut", LaneName(lane));
    const auto bytes = files_.Read(path);
    if (!bytes && bytes.error().code == Code::kNotFound) continue;
    if (!bytes) return std::unexpected(bytes.error());
    const std::scoped_lock lock(mutex_);
    EDGEWISE_ASSIGN(auto batch, policy_.Reopen(*bytes));
    if (batch.head.site != options_.site || batch.head.lane != lane) {
      return Fail(Code::kDataLoss, fmt::format("relay: {}.cut belongs to site {}, lane {}; give each site a folder of its own",
                                               LaneName(lane), batch.head.site, LaneName(batch.head.lane)));
    }
    EDGEWISE_TRY(detail::CheckQueueHolds(batch.head, depths, options_.epoch));
    // A cut whose write had failed may be read here and yet be gone after a power cut (base/files.h); nothing is put before it is durable.
    EDGEWISE_TRY(files_.ReplaceDurably(path, *bytes));
    state.epoch = batch.head.epoch;
    state.through = batch.head.last;
    if (batch.head.policy != policy_.digest()) {
      log::Warn("relay {}: {} events {} to {} were judged by policy {} and leave as they were; policy {} holds for those behind them",
                options_.site, LaneName(lane), batch.head.first, batch.head.last, batch.head.policy.Short(), policy_.digest().Short());
    }
    status_.lanes[lane] = {.allowed = batch.allowed_ever - batch.head.events,
                           .denied = batch.denied_ever - batch.head.denied,
                           .stored_through = batch.head.first - 1};
    state.sending = std::move(batch);
    state.reloaded = true;
  }
  return {};
}

/// Whether the batch of a cut that was found is to be sent. If none of its events waits it was stored and settled, and sending it again
/// changes nothing; or its event was refused and set aside, and then it must not go behind the back of whoever looks after it.
Result<bool> Relay::StillWanted(event::Lane lane, Deadline deadline) {
  auto& state = Of(lane);
  const auto& head = state.sending->head;
  EDGEWISE_ASSIGN(const auto first, queue_.Receive(lane, 1, deadline));
  const auto waits = [&](const event::EventId& id) {
    return id.epoch == head.epoch && id.sequence >= head.first && id.sequence <= head.last;
  };
  if (first.empty() || !waits(first.front().event.id)) {
    const auto stored = store_.Get(head.manifest_name, deadline);
    if (!stored && stored.error().code != Code::kNotFound) return std::unexpected(stored.error());
    if (!stored) return false;
    state.repeated = true;
  }
  state.reloaded = false;
  return true;
}

/// A disk that was set back holds events that its lost life has carried already; the store knows which. That life had an older epoch. Once
/// this one has cut a batch, all older events are behind it.
Result<void> Relay::FindCarried(Deadline deadline) {
  if (options_.epoch == 1) return {};  // the first life
  for (const auto lane : event::kLanes) {
    auto& state = Of(lane);
    std::tie(state.known_epoch, state.known_through) = std::pair(state.epoch, state.through);
    state.lost_life.clear();
    // From the first event of the last cut on: the lost life may have cut it anew, in smaller batches.
    auto after = state.sending ? detail::NameFrom(state.sending->head) : std::string();
    while (state.epoch < options_.epoch) {
      EDGEWISE_ASSIGN(const auto names, store_.List(LanePrefix(options_.site, lane), after, kNamesAtOnce, deadline));
      bool older = false;
      for (const auto& name : names) {
        const auto range = RangeOf(name);
        older = range && range->epoch < options_.epoch;
        if (!older) break;
        if (!name.ends_with(kManifestEnding)) continue;
        state.lost_life.push_back(*range);
        std::tie(state.epoch, state.through) = std::pair(range->epoch, range->last);
      }
      if (!older || names.size() < kNamesAtOnce) break;
      after = names.back();
    }
    if (state.sending && !state.lost_life.empty() && !state.LostLifeHolds(state.sending->head)) {  // it has cut these events otherwise
      state.Forget(state.sending->head);
      state.sending.reset();
    }
  }
  return {};
}

/// A cut that is damaged stops the relay until a person has looked; whoever only reads the status must see that too.
Result<void> Relay::Shown(Result<void> loaded) {
  const std::scoped_lock lock(mutex_);
  status_.stopped.reset();
  if (!loaded && loaded.error().code == Code::kDataLoss) status_.stopped = loaded.error().message;
  return loaded;
}

}  // namespace edgewise::relay
