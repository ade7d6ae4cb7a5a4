#pragma once

#include <algorithm>
#include <chrono>

namespace edgewise {

/// The moment after which nobody waits for the answer any more. Last parameter of every call that can wait.
/// Monotonic: a jump of the wall clock does not move it.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline After(Clock::duration wait) { return Deadline(Clock::now() + wait); }
  static Deadline Never() { return Deadline(Clock::time_point::max()); }

  Clock::time_point time() const { return time_; }
  bool Expired() const { return Clock::now() >= time_; }
  /// Time left, never negative; at most a day, so that it can be added to any clock.
  Clock::duration Left() const {
    if (time_ == Clock::time_point::max()) return std::chrono::hours(24);
    return std::clamp<Clock::duration>(time_ - Clock::now(), Clock::duration::zero(), std::chrono::hours(24));
  }

 private:
  explicit Deadline(Clock::time_point time) : time_(time) {}

  Clock::time_point time_;
};

}  // namespace edgewise
