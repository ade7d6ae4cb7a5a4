#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace edgewise::site {

/// Runs `step` again and again on a thread of its own, waiting `pause` when it had nothing to do.
class Stepper {
 public:
  using Step = std::function<bool()>;
  Stepper(std::chrono::milliseconds pause, Step step) : thread_([this, pause, step = std::move(step)] { Run(pause, step); }) {}
  ~Stepper() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void Wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

 private:
  void Run(std::chrono::milliseconds pause, const Step& step) {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      woken_ = false;
      lock.unlock();
      const bool more = step();
      lock.lock();
      if (!more) changed_.wait_for(lock, pause, [this] { return stop_ || woken_; });
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false, woken_ = false;
  std::thread thread_;
};

}  // namespace edgewise::site
