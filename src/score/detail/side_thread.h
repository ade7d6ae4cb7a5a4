#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace edgewise::score::detail {

/// A thread for what must not hold up an I/O thread: loading and unloading. One after the other, in order.
/// Lifecycle: the destructor does what is waiting, then joins. Threads: any number.
class SideThread {
 public:
  SideThread();
  ~SideThread();
  /// False if too much is waiting already.
  bool Do(std::function<void()> work);

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace edgewise::score::detail
