#include "score/detail/watchdog.h"

#include <limits>

namespace edgewise::score::detail {
namespace {

constexpr std::chrono::milliseconds kPeriod{50};

}  // namespace

Watchdog::Watchdog(std::size_t threads) : slots_(threads), thread_([this] { Work(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
}

void Watchdog::StopAll() {
  stops_all_ = true;
  const std::lock_guard lock(mutex_);
  Look();
}

Error Watchdog::Reason() const {
  if (stops_all_) return {Code::kUnavailable, "the server is stopping"};
  return {Code::kDeadlineExceeded, "the deadline passed while the model ran, and it was stopped"};
}

void Watchdog::Work() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPeriod, [&] { return ends_; })) Look();
}

/// Needs mutex_: a guest does not go while its runner is stopped.
void Watchdog::Look() {
  const auto now = stops_all_ ? std::numeric_limits<std::int64_t>::max() : std::chrono::steady_clock::now().time_since_epoch().count();
  for (auto& slot : slots_) slot.StopIfDue(now);
  for (auto* const guest : guests_) guest->StopIfDue(now);
}

/// What was read may be over by now; then nothing is exchanged, or a run that is due as well.
void Watchdog::Slot::StopIfDue(std::int64_t now) {
  auto state = state_.load(std::memory_order_acquire);
  if (state <= kIdle || state > now || !state_.compare_exchange_strong(state, kStopping, std::memory_order_acq_rel)) return;
  runner_->Stop();
  state_.store(kStopped, std::memory_order_release);
}

Watchdog::Guest::Guest(Watchdog& watchdog, Runner& runner, Time until) : watchdog_(watchdog) {
  slot_.Begin(runner, until);
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.guests_.push_back(&slot_);
}

Watchdog::Guest::~Guest() {
  const std::lock_guard lock(watchdog_.mutex_);
  std::erase(watchdog_.guests_, &slot_);
}

}  // namespace edgewise::score::detail
