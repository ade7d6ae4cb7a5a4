#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "hub/index.h"

namespace edgewise::hub {

/// One thing the hub did with its models or its fleet, at a moment of event time.
struct TimelineStep {
  std::uint64_t number = 0;  ///< From 1.
  EventTime at;
  std::string kind;               ///< "train", "promote", "refuse", "rollout", ...
  std::string text;               ///< For people.
  std::string state = "running";  ///< "running", "done", "failed"
  std::string outcome;            ///< For people, once it ended.
};

/// What the hub has done and is doing: the story of the page, and what a replay waits for (Busy). Persistent in the index's documents.
/// A step that was running when the hub died is shown as failed after a restart. Threads: any number.
class Timeline {
 public:
  static Result<std::unique_ptr<Timeline>> Open(Index& index);
  Result<std::uint64_t> Begin(EventTime at, std::string kind, std::string text);
  /// Errors: kNotFound (no such running step).
  Result<void> End(std::uint64_t number, bool good, std::string outcome);
  std::vector<TimelineStep> Steps() const;  ///< Oldest first.
  bool Busy() const;                        ///< A step runs, or SetBusy(true).
  /// For a schedule that is between two steps of one plan.
  void SetBusy(bool busy) { busy_.store(busy); }
  /// Everything that was due up to this moment of event time has been done. What a replay waits for.
  void Settle(EventTime through) { settled_.store(through.ms); }
  EventTime settled() const { return {settled_.load()}; }

 private:
  explicit Timeline(Index& index) : index_(index) {}
  Result<void> Save(const TimelineStep& step);

  Index& index_;
  std::atomic<bool> busy_{false};
  std::atomic<std::int64_t> settled_{0};
  mutable std::mutex mutex_;
  std::vector<TimelineStep> steps_;
};

}  // namespace edgewise::hub
