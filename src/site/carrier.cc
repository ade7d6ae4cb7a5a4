#include "site/carrier.h"

#include "base/log.h"

namespace edgewise::site {
namespace {

using std::chrono::seconds;
constexpr std::chrono::milliseconds kPause{200};  // between two looks for something to carry
constexpr seconds kStepLimit{30};
constexpr seconds kLook{1};  // how often the queue's depth is looked at

}  // namespace

Carrier::Carrier(Parts parts) : parts_(std::move(parts)), stepper_(kPause, [this] { return Step(); }) {}

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

bool Carrier::Step() {
  std::vector<Answer> flushes;
  {
    const std::lock_guard lock(mutex_);
    flushes = std::exchange(flushes_, {});
  }
  auto moved = parts_.relay->Step(!flushes.empty(), Deadline::After(kStepLimit));
  while (!flushes.empty() && moved && *moved) moved = parts_.relay->Step(true, Deadline::After(kStepLimit));
  auto trouble = moved ? std::string() : moved.error().message;
  if (!trouble.empty() && trouble != trouble_) log::Warn("site {}: relay: {}; it is tried again", parts_.site, trouble);
  trouble_ = std::move(trouble);
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

void Carrier::LookAtQueue() {
  const auto found = parts_.found();  // before the depths: what is found later is not in them
  const auto depths = parts_.queue.Depths();
  looked_ = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (depths) drained_.Look(found, *depths);
}

}  // namespace edgewise::site
