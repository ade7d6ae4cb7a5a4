#pragma once

#include <signal.h>

#include <chrono>

namespace edgewise {

/// SIGINT and SIGTERM, kept back from this thread and all that it starts, so that the command can wait for them and stop in order.
/// Make it before any thread. Ignores SIGPIPE too: a peer that is gone is an error of that call, not our end.
class StopSignals {
 public:
  StopSignals();
  /// Waits for one of them.
  void Wait() const;
  /// Whether one came within `most`.
  bool Came(std::chrono::milliseconds most) const;

 private:
  sigset_t signals_;
};

}  // namespace edgewise
