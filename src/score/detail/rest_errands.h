#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"

namespace edgewise::score::detail {

/// A thread for what must not hold up an I/O thread and nobody asks for often: loading and unloading models, one after the other.
/// Lifecycle: the destructor lets the errand on its way finish and drops the others. Threads: any number.
class RestErrands {
 public:
  explicit RestErrands(std::size_t most) : most_(most) {}
  ~RestErrands();
  /// Errors: kResourceExhausted (so many wait already).
  Result<void> Add(std::function<void()> errand);

 private:
  void Run();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_, as stop_ is
  bool stop_ = false;
  std::thread thread_;  ///< Started by the first errand.
};

}  // namespace edgewise::score::detail
