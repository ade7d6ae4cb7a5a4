#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "score/model_engine.h"

namespace edgewise::score::detail {

/// Stops runs whose time is up: a thread that looks every 50 ms at what the others run, so a run costs them two atomic writes and no lock.
/// A runner that was stopped is of no use any more; whoever ran it throws it away.
/// Threads: any number. The watchdog must outlive what it watches.
class Watchdog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The one run of a thread.
  class alignas(64) Slot {
   public:
    /// The runner must live until End().
    void Begin(Runner& runner, Time until) {
      runner_ = &runner;
      began_ = std::max<std::int64_t>(until.time_since_epoch().count(), kIdle + 1);
      state_.store(began_, std::memory_order_release);
    }
    /// Whether the runner was stopped, even where the run came to its end nevertheless.
    bool End() {
      auto expected = began_;
      if (state_.compare_exchange_strong(expected, kIdle, std::memory_order_acq_rel)) return false;
      while (state_.load(std::memory_order_acquire) == kStopping) std::this_thread::yield();
      state_.store(kIdle, std::memory_order_relaxed);
      return true;
    }

   private:
    friend class Watchdog;
    static constexpr std::int64_t kIdle = 0;
    static constexpr std::int64_t kStopping = -1;
    static constexpr std::int64_t kStopped = -2;
    void StopIfDue(std::int64_t now);

    std::atomic<std::int64_t> state_{kIdle};  ///< Or when the time of the run is up, on the steady clock.
    std::int64_t began_ = kIdle;              ///< The running thread's.
    Runner* runner_ = nullptr;                ///< The running thread's, but the watchdog's while it is kStopping.
  };

  /// A run on a thread that has no number.
  class Guest {
   public:
    Guest(Watchdog& watchdog, Runner& runner, Time until);
    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

   private:
    Watchdog& watchdog_;
    Slot slot_;
  };

  /// `threads`: how many run models under a number of their own.
  explicit Watchdog(std::size_t threads);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  Slot& slot(std::size_t thread) { return slots_[thread]; }
  /// Stops what runs now, at once, and what begins later, soon.
  void StopAll();
  /// What to say of a run that was stopped: kDeadlineExceeded, or kUnavailable after StopAll().
  Error Reason() const;

 private:
  void Work();
  void Look();

  std::vector<Slot> slots_;
  std::atomic<bool> stops_all_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Slot*> guests_;
  bool ends_ = false;
  std::jthread thread_;  ///< Last: it uses the others.
};

}  // namespace edgewise::score::detail
