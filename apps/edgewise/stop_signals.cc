#include "stop_signals.h"

namespace edgewise {

StopSignals::StopSignals() : signals_() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::Wait() const {
  int got = 0;
  sigwait(&signals_, &got);
}

bool StopSignals::Came(std::chrono::milliseconds most) const {
  const timespec wait{.tv_sec = most.count() / 1000, .tv_nsec = most.count() % 1000 * 1'000'000};
  return sigtimedwait(&signals_, nullptr, &wait) > 0;
}

}  // namespace edgewise
