#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "site/drained.h"
#include "site/queue_watch.h"
#include "site/stepper.h"

namespace edgewise::site {

/// Steps a site's relay on a thread of its own, from the first moment to the last, and knows what has left.
/// What fails is tried again within a second at first, within 8 s in the end; a flush tries at once.
/// Threads: everything by any number. Its destructor ends the thread; who still waits for a flush is not answered.
class Carrier {
 public:
  using Answer = std::function<void(Result<void>)>;
  struct Parts {
    std::string site;  ///< For log lines.
    queue::Queue& queue;
    std::unique_ptr<relay::Relay> relay;
    std::function<EventTime()> found;  ///< Everything up to there is in the queue.
    std::filesystem::path folder;      ///< That holds the queue's files.
    std::uint64_t bound;               ///< Of the queue, in bytes of events that wait.
    std::shared_ptr<const Clock> clock;
    Metrics& metrics;
  };
  explicit Carrier(Parts parts);

  /// Carries all that is in the queue now without waiting for batches to fill. Errors: as Relay::Step(); kFailedPrecondition (stopped).
  void Flush(Answer done);
  EventTime drained() const;  ///< Everything up to this event time has left, or was kept back by the policy.
  relay::RelayStatus Status() const { return parts_.relay->Status(); }
  QueueFigures figures() const;

 private:
  bool Step();
  Result<bool> Carry(bool flush);
  void LookAtQueue();

  Parts parts_;
  std::chrono::steady_clock::time_point looked_;    // its own thread only
  std::string trouble_;                             // likewise: what was said last
  Backoff backoff_;                                 // likewise
  std::chrono::steady_clock::time_point next_try_;  // likewise
  QueueWatch watch_;                                // likewise
  mutable std::mutex mutex_;                        // guards all below
  QueueFigures figures_;
  Drained drained_;
  std::vector<Answer> flushes_;  // who waits
  Stepper stepper_;              // last: its thread uses the others
};

}  // namespace edgewise::site
