#include "score/detail/rest_errands.h"

#include <fmt/format.h>

#include <utility>

namespace edgewise::score::detail {

RestErrands::~RestErrands() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> RestErrands::Add(std::function<void()> errand) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_) {
      return Fail(Code::kResourceExhausted, fmt::format("{} models wait to be loaded or unloaded; try again later", most_));
    }
    waiting_.push_back(std::move(errand));
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  }
  changed_.notify_all();
  return {};
}

void RestErrands::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    const auto errand = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    errand();
    lock.lock();
  }
}

}  // namespace edgewise::score::detail
