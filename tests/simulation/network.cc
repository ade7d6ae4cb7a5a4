#include "network.h"

namespace edgewise::simulation {
namespace {

const Deadline kNever = Deadline::After(std::chrono::hours(24));

std::unexpected<Error> Lost() { return Fail(Code::kUnavailable, "the line is bad (simulated)"); }

}  // namespace

void FaultyStore::SetFaults(unsigned percent) {
  faults_ = percent;
  if (percent == 0) Arrive();
}

/// What was on its way arrives, in any order, also while the line looks dead from here.
void FaultyStore::DeliverLate(std::size_t most) {
  for (; most > 0 && !late_.empty(); --most) {
    const auto which = late_.begin() + static_cast<std::ptrdiff_t>(random_() % late_.size());
    const auto deliver = std::move(*which);
    late_.erase(which);
    deliver();
  }
}

Result<void> FaultyStore::Reach() {
  ++requests_;
  DeliverLate(random_() % 2);
  if (down_ || (Bad() && random_() % 2 == 0)) return Lost();
  return {};
}

Result<void> FaultyStore::Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline) {
  EDGEWISE_TRY(Reach());
  if (name.ends_with(".zst") && poisonous_(bytes.value())) return Fail(Code::kInvalidArgument, "poison (simulated)");
  const auto put = [this, name = std::string(name), bytes] { return behind_.Put(name, bytes, kNever); };
  if (loses_replies_) {
    auto done = put();
    if (!done) return done;
    ++lost_replies_;
    return Lost();
  }
  if (!Bad()) return put();
  switch (random_() % 3) {
    case 0:  // done, and the reply is lost
      (void)put();
      return Lost();
    case 1:  // neither: it comes later
      late_.emplace_back([put] { (void)put(); });
      return Fail(Code::kDeadlineExceeded, "no reply in time (simulated)");
    default:  // done, and once more later
      late_.emplace_back([put] { (void)put(); });
      return put();
  }
}

Result<std::string> FaultyStore::Get(std::string_view name, Deadline deadline) {
  EDGEWISE_TRY(Reach());
  return behind_.Get(name, deadline);
}

Result<std::vector<std::string>> FaultyStore::List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) {
  EDGEWISE_TRY(Reach());
  return behind_.List(prefix, after, limit, deadline);
}

Result<std::vector<std::string>> FaultyStore::Folders(std::string_view folder, Deadline deadline) {
  EDGEWISE_TRY(Reach());
  return behind_.Folders(folder, deadline);
}

}  // namespace edgewise::simulation
