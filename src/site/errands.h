#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"

namespace edgewise::site {

/// Lets one thread have something done by another, and wait for it.
/// Threads: Run() any number; Close() when the other thread has ended: whoever waits gets kCancelled, and nothing waits any more.
class Errands {
 public:
  using Post = std::function<void(std::function<void()>)>;  ///< Hands work to the other thread.

  Result<void> Run(const Post& post, const std::function<Result<void>()>& work) {
    const auto result = std::make_shared<std::optional<Result<void>>>();  // shared with the other thread, which may keep it longer
    post([this, result, work] {
      auto done = work();
      const std::lock_guard lock(mutex_);
      *result = std::move(done);
      changed_.notify_all();  // under the lock: who waits may be gone, and we with it, as soon as it is free
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || result->has_value(); });
    return result->has_value() ? **result : Fail(Code::kCancelled, "the site is stopping");
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
};

}  // namespace edgewise::site
