#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "queue/sqlite_queue.h"

namespace edgewise::site {

/// Reads a whole queue once a day, a little at a time, so that damage is found before somebody needs what it hit. What it finds is in the
/// queue's depths, and in the log. One thread.
class Scrubber {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  Scrubber(std::string site, queue::SqliteQueue& queue) : site_(std::move(site)), queue_(queue) {}

  /// Reads on, if a pass is due or under way; meant to be called once a second.
  void Step(TimePoint now) {
    constexpr std::size_t kRecords = 2000;  // some milliseconds, for which others wait
    constexpr std::chrono::hours kBetween{24};
    if (!begun_ || (!under_way_ && now - *begun_ >= kBetween)) {
      begun_ = now;
      under_way_ = true;
    }
    if (!under_way_) return;
    const auto scrubbed = queue_.Scrub(kRecords);
    if (!scrubbed) return;  // the queue's trouble; whoever uses it says so
    if (scrubbed->damaged + scrubbed->missing > 0) {
      log::Failed("site {}: the queue holds {} damaged records, and {} are missing: see edgewise doctor", site_, scrubbed->damaged,
                  scrubbed->missing);
    }
    under_way_ = !scrubbed->done;
  }
  bool under_way() const { return under_way_; }

 private:
  std::string site_;
  queue::SqliteQueue& queue_;
  std::optional<TimePoint> begun_;  // the last pass
  bool under_way_ = false;
};

}  // namespace edgewise::site
