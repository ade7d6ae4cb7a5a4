#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "score/loaded_version.h"

namespace edgewise::score::detail {

/// The thread that takes apart versions that nobody holds any more and gives their memory back to the system, and, after that, loads cold
/// models, first come first served: neither is work for a thread that answers requests. Starts with the first task. Threads: any number.
class Background {
 public:
  Background() = default;
  ~Background() { Stop(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// False: stopped, and the task will not be run.
  bool Post(std::function<void()> task);
  /// Destroys it on the thread; at once when there is none any more.
  void Release(std::unique_ptr<LoadedVersion> version);
  /// Runs what was posted to its end. Not from a task.
  void Stop();

 private:
  void Work();
  void StartThread();

  std::mutex mutex_;  // guards all below
  std::condition_variable wanted_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::unique_ptr<LoadedVersion>> released_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace edgewise::score::detail
