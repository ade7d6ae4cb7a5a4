#include "score/detail/background.h"

#include <malloc.h>

namespace edgewise::score::detail {

bool Background::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
    StartThread();
  }
  wanted_.notify_one();
  return true;
}

void Background::Release(std::unique_ptr<LoadedVersion> version) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // it dies with the parameter, after the lock
    released_.push_back(std::move(version));
    StartThread();
  }
  wanted_.notify_one();
}

void Background::StartThread() {
  if (!thread_.joinable()) thread_ = std::jthread([this] { Work(); });
}

void Background::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [&] { return stopping_ || !tasks_.empty() || !released_.empty(); });
    if (!released_.empty()) {
      std::vector<std::unique_ptr<LoadedVersion>> released;
      released.swap(released_);
      lock.unlock();
      released.clear();
      malloc_trim(0);
    } else if (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
    } else {
      return;
    }
    lock.lock();
  }
}

void Background::Stop() {
  std::jthread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  wanted_.notify_all();
}

}  // namespace edgewise::score::detail
