#include "site/carrier.h"

#include "base/log.h"

namespace edgewise::site {
namespace {

using std::chrono::seconds;
constexpr std::chrono::milliseconds kPause{200};  // between two looks for something to carry
constexpr seconds kStepLimit{30};
constexpr std::chrono::milliseconds kFirstPause{1000}, kLongestPause{8000};  // after a failure
constexpr seconds kLook{1};                                                  // how often the queue's depth is looked at

}  // namespace

Carrier::Carrier(Parts parts)
    : parts_(std::move(parts)),
      backoff_(kFirstPause, kLongestPause),
      watch_(parts_.metrics, parts_.site, parts_.bound),
      stepper_(kPause, [this] { return Step(); }) {}

void Carrier::Flush(Answer done) {
  {
    const std::lock_guard lock(mutex_);
    flushes_.push_back(std::move(done));
  }
  stepper_.Wake();
}

EventTime Carrier::drained() const {
  const std::lock_guard lock(mutex_);
  return drained_.through();
}

QueueFigures Carrier::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

bool Carrier::Step() {
  std::vector<Answer> flushes;
  {
    const std::lock_guard lock(mutex_);
    flushes = std::exchange(flushes_, {});
  }
  const bool rests = flushes.empty() && std::chrono::steady_clock::now() < next_try_;
  const auto moved = rests ? Result<bool>(false) : Carry(!flushes.empty());
  if (!flushes.empty() || std::chrono::steady_clock::now() - looked_ >= kLook) LookAtQueue();
  const auto status = parts_.relay->Status();
  for (auto& done : flushes) {
    if (!moved) {
      done(std::unexpected(moved.error()));
    } else {
      done(status.stopped ? Fail(Code::kFailedPrecondition, *status.stopped) : Result<void>());
    }
  }
  return moved.value_or(false);
}

Result<bool> Carrier::Carry(bool flush) {
  auto moved = parts_.relay->Step(flush, Deadline::After(kStepLimit));
  while (flush && moved && *moved) moved = parts_.relay->Step(true, Deadline::After(kStepLimit));
  if (moved) {
    if (!trouble_.empty()) log::Info("site {}: relay: goes on", parts_.site);
    trouble_.clear();
    backoff_.Reset();
    next_try_ = {};
    return moved;
  }
  if (moved.error().message != trouble_) log::Warn("site {}: relay: {}; it is tried again", parts_.site, moved.error().message);
  trouble_ = moved.error().message;
  next_try_ = std::chrono::steady_clock::now() + backoff_.Next();
  return moved;
}

void Carrier::LookAtQueue() {
  const auto found = parts_.found();  // before the depths: what is found later is not in them
  const auto depths = parts_.queue.Depths();
  looked_ = std::chrono::steady_clock::now();
  if (!depths) return;
  std::error_code ignored;  // a file that is not there takes no room
  std::uint64_t bytes = 0;
  for (const auto* name : {"queue.db", "queue.db-wal"}) {
    const auto size = std::filesystem::file_size(parts_.folder / name, ignored);
    bytes += ignored ? 0 : size;
  }
  const auto space = std::filesystem::space(parts_.folder, ignored);
  watch_.Look({.now = looked_,
               .wall = parts_.clock->Now(),
               .clock = found,
               .depths = *depths,
               .relay = parts_.relay->Status(),
               .failing = !trouble_.empty(),
               .queue_bytes = bytes,
               .disk_free_bytes = ignored ? 0 : space.available});
  const std::lock_guard lock(mutex_);
  figures_ = watch_.figures();
  drained_.Look(found, *depths);
}

}  // namespace edgewise::site
