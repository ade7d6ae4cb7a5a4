#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "queue/queue.h"

namespace edgewise::site {

/// Knows up to which event time everything that a site found has left its queue: carried to the store, or kept back by the policy.
/// It notes what the queue holds at a moment, and waits until that much is settled; then it notes the next moment. On a busy site the
/// queue is never empty, and this moves all the same. Logic only; one thread at a time.
class Drained {
 public:
  /// `found`: everything up to there is in the queue; read before `depths` were. Dead events wait for a person and hold nothing up.
  void Look(EventTime found, std::span<const queue::LaneDepth> depths) {
    if (mark_ && Settled(depths)) {
      through_ = std::max(through_, mark_->found);
      mark_.reset();
    }
    if (mark_ || found <= through_) return;
    mark_ = Mark{found, {depths.begin(), depths.end()}};
    if (Settled(depths)) {
      through_ = found;
      mark_.reset();
    }
  }
  EventTime through() const { return through_; }

 private:
  struct Mark {
    EventTime found;
    std::vector<queue::LaneDepth> depths;
  };

  bool Settled(std::span<const queue::LaneDepth> depths) const {
    for (const auto& now : depths) {
      const auto then = std::ranges::find(mark_->depths, now.lane, &queue::LaneDepth::lane);
      const auto before = then == mark_->depths.end() ? 0 : then->appended;
      if (now.waiting != 0 && now.appended - now.waiting - now.dead < before) return false;
    }
    return true;
  }

  EventTime through_;
  std::optional<Mark> mark_;
};

}  // namespace edgewise::site
