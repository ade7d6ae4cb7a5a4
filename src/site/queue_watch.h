#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "queue/queue.h"
#include "relay/relay.h"

namespace edgewise::site {

/// How a queue and the way out of it are doing, for operators: counts, times and sizes, no site data.
struct QueueFigures {
  std::vector<queue::LaneDepth> depths;
  std::uint64_t offline_seconds = 0;          ///< So long the store, or the queue, has not done what the relay asked; 0: it does.
  std::optional<ProcessingTime> last_stored;  ///< When events last left, or were kept back by the policy; none: not since the start.
  std::uint64_t queue_bytes = 0;              ///< Of the queue's files on the disk.
  std::uint64_t disk_free_bytes = 0;
};

/// Turns what is seen about once a second into figures and metrics (docs/operating.md names them). One thread.
class QueueWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// `bound`: of the queue, in bytes of events that wait.
  QueueWatch(Metrics& metrics, const std::string& site, std::uint64_t bound);

  struct Seen {
    TimePoint now;
    ProcessingTime wall;
    EventTime clock;  ///< The site's: an event's age is counted against it.
    std::vector<queue::LaneDepth> depths;
    const relay::RelayStatus& relay;
    bool failing = false;  ///< The relay's last step failed.
    std::uint64_t queue_bytes = 0;
    std::uint64_t disk_free_bytes = 0;
  };
  void Look(Seen seen);
  const QueueFigures& figures() const { return figures_; }

 private:
  struct LaneMetrics {
    prometheus::Gauge *waiting, *waiting_bytes, *dead, *damaged, *missing, *oldest;
    prometheus::Counter *appended, *dropped;
  };

  QueueFigures figures_;
  std::optional<TimePoint> failing_since_;
  std::uint64_t carried_ = 0;  // events that were let out or kept back, when looked at last
  bool looked_ = false;
  std::array<LaneMetrics, 3> lanes_;
  prometheus::Gauge &bytes_, &free_, &offline_, &last_stored_;
};

}  // namespace edgewise::site
