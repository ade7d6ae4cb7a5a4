#include "deploy/reconciler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace edgewise::deploy {
namespace {

bool IsFinal(Code code) { return code == Code::kInvalidArgument || code == Code::kPermissionDenied || code == Code::kUnimplemented; }

const DesiredModel* Find(const DesiredState& state, const std::string& name) {
  const auto found = std::ranges::find(state.models, name, &DesiredModel::name);
  return found == state.models.end() ? nullptr : &*found;
}

}  // namespace

Result<std::unique_ptr<Reconciler>> Reconciler::Open(Options options, Target& target, Files& files) {
  EDGEWISE_TRY(files.MakeDirs(options.folder / "models"));
  std::unique_ptr<Reconciler> reconciler(new Reconciler(std::move(options), target, files));  // the constructor is private
  EDGEWISE_TRY(reconciler->ReadFolder());
  return reconciler;
}

Result<void> Reconciler::Offer(const DesiredState& state) {
  const auto text = ToJson(state);
  EDGEWISE_TRY(DesiredFromJson(text));
  const std::lock_guard lock(mutex_);
  if (auto trouble = PolicyTrouble(state); !trouble.empty() && (!desired_ || state.number >= desired_->number)) {
    refused_ = trouble;
    return Fail(Code::kFailedPrecondition, std::move(trouble));
  }
  if (desired_ && *desired_ == state) return {};
  if (desired_ && state.number <= desired_->number) {
    return Fail(Code::kAborted,
                fmt::format("desired state {} does not come after {}: give it a higher number", state.number, desired_->number));
  }
  EDGEWISE_TRY(files_.ReplaceDurably(options_.folder / "desired.json", text));
  desired_ = state;
  refused_.clear();
  troubles_.clear();
  return {};
}

Result<bool> Reconciler::Step(Deadline deadline) {
  StopRetired();
  const auto desired = this->desired();
  if (!desired) return false;
  if (!PolicyTrouble(*desired).empty()) return StepLastGood(deadline);
  for (const auto& model : desired->models) {
    EDGEWISE_ASSIGN(const bool done, StepModel(model, deadline));
    if (done) return true;
  }
  if (DropUndesired(*desired)) return true;
  CountApplied(*desired);
  EDGEWISE_ASSIGN(const bool noted, NoteLive(*desired));
  if (!noted) RemoveOld(*desired);
  return noted;
}

/// The site was started with another policy file than its desired state wants: what was live goes on serving, and nothing else is done.
Result<bool> Reconciler::StepLastGood(Deadline deadline) {
  for (const auto& [name, model] : last_good_) {
    EDGEWISE_ASSIGN(const bool done, StepModel(model, deadline));
    if (done) return true;
  }
  return false;
}

Result<bool> Reconciler::StepModel(const DesiredModel& model, Deadline deadline) {
  const auto live = FindLive(model.name);
  const bool alive = live && live->running->Alive();
  if (alive && live->model.digest == model.digest) return false;
  if (live && !alive && MayRestart(*live)) {
    if (const auto restarted = RestartInStep(*live, deadline); !restarted) NoteTrouble(live->model, restarted.error());
    return true;
  }
  if (live && !alive && live->model.digest == model.digest) return false;  // its pause is not over
  if (const auto last = last_good_.find(model.name); !live && last != last_good_.end() && MayTry(last->second)) {
    // The site scores again at once; a newer version comes when the network lets it.
    const auto version = last->second;
    if (const auto back = BringLive(version, deadline); !back) NoteTrouble(version, back.error());
    return true;
  }
  if (!MayTry(model)) return false;
  if (const auto brought = BringLive(model, deadline); !brought) NoteTrouble(model, brought.error());
  return true;
}

Result<CheckedModel> Reconciler::Fetch(const DesiredModel& model) {
  auto kept = models_.Get(model);
  if (kept) return kept;
  if (kept.error().code != Code::kNotFound) log::Warn("deploy: {} is pulled again: {}", model.digest.Short(), kept.error().message);
  EDGEWISE_ASSIGN(const auto files, options_.pull(model.repository, model.digest));
  return models_.Put(model, files);
}

Result<void> Reconciler::BringLive(const DesiredModel& model, Deadline deadline) {
  EDGEWISE_ASSIGN(const auto checked, Fetch(model));
  const auto limit = Deadline::After(std::min<Deadline::Clock::duration>(deadline.Left(), options_.start_limit));
  EDGEWISE_ASSIGN(auto running, target_.Start(checked.disk, limit));
  EDGEWISE_TRY(options_.before_swap(model.digest, checked.card));
  if (!running->Alive()) return Fail(Code::kUnavailable, "the scorer ended between its start and the swap");
  Swap({model, checked.card, std::move(running)});
  log::Info("deploy: {} {} is live", model.name, model.digest.Short());
  return {};
}

/// The right to restart, until the answer is dropped; nullptr: somebody else had it all the time.
std::shared_ptr<void> Reconciler::TakeTurn(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!restarted_.wait_for(lock, deadline.Left(), [this] { return !restarting_; })) return nullptr;
  restarting_ = true;
  return {this, [this](void*) {
            const std::lock_guard again(mutex_);
            restarting_ = false;
            restarted_.notify_all();
          }};
}

Result<void> Reconciler::Revive(const std::string& name, Deadline deadline) {
  const auto turn = TakeTurn(deadline);
  if (!turn) return Fail(Code::kDeadlineExceeded, "no time left to start the scorer again");
  const auto live = FindLive(name);
  if (!live) return Fail(Code::kNotFound, fmt::format("no model \"{}\" is live here", name));
  if (live->running->Alive()) return {};
  if (!MayRestart(*live)) {
    const auto present = FindLive(name);
    if (present && present->running != live->running) return {};  // another version has just got live
    return Fail(Code::kUnavailable, fmt::format("model \"{}\": its scorer ended again and again; it is started again after a pause", name));
  }
  auto restarted = Restart(*live, deadline);
  if (!restarted) NoteTrouble(live->model, restarted.error());
  return restarted;
}

/// Here there is time to pull what is damaged on the disk.
Result<void> Reconciler::RestartInStep(const LiveModel& live, Deadline deadline) {
  EDGEWISE_TRY(Fetch(live.model));
  const auto turn = TakeTurn(deadline);
  if (!turn || live.running->Alive()) return {};
  const auto present = FindLive(live.model.name);
  return present && present->running == live.running ? Restart(live, deadline) : Result<void>();  // a request may have been faster
}

Result<void> Reconciler::Restart(const LiveModel& live, Deadline deadline) {
  log::Warn("deploy: the scorer of {} {} has ended; starting it again", live.model.name, live.model.digest.Short());
  EDGEWISE_ASSIGN(const auto checked, models_.Get(live.model));
  const auto limit = Deadline::After(std::min<Deadline::Clock::duration>(deadline.Left(), options_.start_limit));
  EDGEWISE_ASSIGN(auto running, target_.Start(checked.disk, limit));
  Swap({live.model, live.card, std::move(running)}, live.running.get());
  return {};
}

/// Makes it live; with `instead_of`, only if that one still is.
void Reconciler::Swap(LiveModel next, const Running* instead_of) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(next.model.name);
  const auto* present = found == live_.end() ? nullptr : found->second.running.get();
  if (instead_of != nullptr && present != instead_of)
    return retired_.push_back(std::move(next.running));  // swapped, or not wanted any more
  auto& place = live_[next.model.name];
  troubles_.erase({next.model.name, next.model.digest});
  restarts_.Started(next.model.name, next.model.digest, options_.now());
  if (place.running) retired_.push_back(std::move(place.running));
  place = std::move(next);
  ++generation_;
}

bool Reconciler::DropUndesired(const DesiredState& desired) {
  const std::lock_guard lock(mutex_);
  const auto dropped = std::erase_if(live_, [&](auto& entry) {
    if (Find(desired, entry.first) != nullptr) return false;
    retired_.push_back(std::move(entry.second.running));
    return true;
  });
  generation_ += dropped;
  return dropped > 0;
}

// Stopping a process takes a moment: it must not happen on the thread of the request that used it last.
void Reconciler::StopRetired() {
  std::vector<std::shared_ptr<Running>> unused;  // they end after the lock
  const std::lock_guard lock(mutex_);
  std::erase_if(retired_, [&](auto& running) {
    if (running.use_count() > 1) return false;
    unused.push_back(std::move(running));
    return true;
  });
}

void Reconciler::CountApplied(const DesiredState& desired) {
  const std::lock_guard lock(mutex_);
  const bool whole = std::ranges::all_of(desired.models, [&](const DesiredModel& model) {
    const auto found = live_.find(model.name);
    return found != live_.end() && found->second.model.digest == model.digest && !troubles_.contains({model.name, model.digest});
  });
  if (whole) applied_ = std::max(applied_, desired.number);
}

bool Reconciler::MayTry(const DesiredModel& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = troubles_.find({model.name, model.digest});
  if (found == troubles_.end()) return true;
  return !found->second.final && options_.now() >= found->second.next;
}

/// Notes its end, if it is what is live: somebody else may have started another meanwhile, which must not be taken for the one that ended.
bool Reconciler::MayRestart(const LiveModel& live) {
  if (!MayTry(live.model)) return false;
  const std::lock_guard lock(mutex_);
  const auto present = live_.find(live.model.name);
  if (present == live_.end() || present->second.running != live.running) return false;
  const auto now = options_.now();
  return now >= restarts_.Ended(live.model.name, now);
}

void Reconciler::NoteTrouble(const DesiredModel& model, const Error& error) {
  log::Warn("deploy: {} {} is not live: {} {}", model.name, model.digest.Short(), CodeName(error.code), error.message);
  const std::lock_guard lock(mutex_);
  auto& trouble = troubles_[{model.name, model.digest}];
  trouble.reason = fmt::format("{}: {}", CodeName(error.code), error.message);
  const auto live = live_.find(model.name);
  const bool has_served = live != live_.end() && live->second.model.digest == model.digest;
  trouble.final = IsFinal(error.code) && !has_served;  // what has served before can serve again
  trouble.wait = trouble.wait.count() == 0 ? options_.retry_first : std::min(2 * trouble.wait, options_.retry_longest);
  trouble.next = options_.now() + trouble.wait;
}

std::optional<LiveModel> Reconciler::FindLive(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(name);
  return found == live_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace edgewise::deploy
