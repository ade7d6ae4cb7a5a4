#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "relay/detail/names.h"
#include "relay/relay.h"

namespace edgewise::relay {

/// How far a lane is. One thread: that of Relay::Step().
struct Relay::LaneState {
  std::optional<Batch> sending;  // cut and committed, not settled yet
  bool reloaded = false;         // `sending` is a cut that was found: see StillWanted()
  bool repeated = false;         // the cut in `sending` was stored and settled before the restart
  bool object_stored = false;
  std::vector<queue::Receipt> receipts;  // of `sending`; after a restart they come with the next delivery
  std::uint64_t epoch = 0;               // with `through`: the end of the last cut
  std::uint64_t through = 0;
  std::uint64_t known_epoch = 0;  // with `known_through`: the end of the last cut that this disk knew when it started
  std::uint64_t known_through = 0;
  std::vector<detail::BatchRange> lost_life;  // what the store holds behind that, of older epochs
  int refusals = 0;                           // of `sending`, one after the other, for what it is
  std::size_t most = 0;                       // events of the next cut; 0: as the options say
  std::string settled_before;                 // the first of those that were carried, and came and were settled, last
  bool more = false;                          // the last delivery was full: more is likely to wait
  bool stopped = false;
  std::optional<Deadline::Clock::time_point> waiting_since;
  prometheus::Counter* allowed = nullptr;
  prometheus::Counter* denied = nullptr;
  prometheus::Counter* batches = nullptr;
  prometheus::Gauge* stopped_gauge = nullptr;

  bool Carried(const event::EventId& id) const { return id.epoch < epoch || (id.epoch == epoch && id.sequence <= through); }
  bool LostLifeHolds(const BatchHead& head) const {
    return std::ranges::any_of(lost_life, [&](const detail::BatchRange& range) {
      return range.epoch == head.epoch && range.first == head.first && range.last == head.last;
    });
  }
  /// A batch is not carried after all: its events come again. If a lost life was past them they are those of its batches, or given up
  /// there.
  void Forget(const BatchHead& head) {
    if (lost_life.empty()) through = head.first - 1;
    if (known_epoch == head.epoch && known_through == head.last) known_through = head.first - 1;
  }
  /// The lost life of a disk that was set back was past it, and it is in none of that life's batches: it was given up there.
  bool GivenUp(const event::EventId& id) const {
    const bool known = id.epoch < known_epoch || (id.epoch == known_epoch && id.sequence <= known_through);
    const auto holds = [&](const detail::BatchRange& range) {
      return id.epoch == range.epoch && id.sequence >= range.first && id.sequence <= range.last;
    };
    return !lost_life.empty() && !known && Carried(id) && std::ranges::none_of(lost_life, holds);
  }
};

}  // namespace edgewise::relay
