#pragma once

#include <atomic>
#include <chrono>

#include "base/time.h"

namespace edgewise {

/// What time it is, injected wherever time matters.
/// EventNow(): the moment up to which the world is known here. Live, that is the wall clock; in a replay a site's is its highest
/// watermark (ReplayClock), the hub's the minimum over its sites. Now(): this machine's wall clock, for log lines and audit.
/// Time-outs never use either: they are Deadlines (monotonic). Threads: any number.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual EventTime EventNow() const = 0;
  virtual ProcessingTime Now() const = 0;
};

class WallClock final : public Clock {
 public:
  EventTime EventNow() const override { return {Now().ms}; }
  ProcessingTime Now() const override {
    using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
  }
};

/// Event time moves only forward, by Advance() with the watermark of what has been read. Also the fake for tests (SetNow).
class ReplayClock final : public Clock {
 public:
  EventTime EventNow() const override { return {event_ms_.load(std::memory_order_acquire)}; }
  ProcessingTime Now() const override {
    const auto fixed = now_ms_.load(std::memory_order_acquire);
    return fixed != 0 ? ProcessingTime{fixed} : wall_.Now();
  }

  /// Takes the later of the present watermark and `watermark`.
  void Advance(EventTime watermark) {
    auto present = event_ms_.load(std::memory_order_relaxed);
    while (present < watermark.ms && !event_ms_.compare_exchange_weak(present, watermark.ms, std::memory_order_release)) {
    }
  }
  /// Fixes the processing time (tests).
  void SetNow(ProcessingTime now) { now_ms_.store(now.ms, std::memory_order_release); }

 private:
  WallClock wall_;
  std::atomic<std::int64_t> event_ms_{0};
  std::atomic<std::int64_t> now_ms_{0};
};

}  // namespace edgewise
