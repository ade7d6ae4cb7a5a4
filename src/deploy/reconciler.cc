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

Result<void> Reconciler::ReadFolder() {
  const auto path = options_.folder / "desired.json";
  const auto text = files_.Read(path);
  if (!text && text.error().code != Code::kNotFound) return std::unexpected(text.error());
  if (text) {
    auto desired = DesiredFromJson(*text);
    if (!desired) return Fail(Code::kDataLoss, fmt::format("{} is damaged; remove it, the hub sends it again", path.string()));
    desired_ = std::move(*desired);
  }
  const auto live = files_.Read(options_.folder / "live.json");
  if (!live) return {};
  const auto last_good = DesiredFromJson(*live);
  if (!last_good) {
    log::Warn("deploy: live.json is damaged and is not used; the desired state is started instead");
    return {};
  }
  for (const auto& model : last_good->models) last_good_.emplace(model.name, model);
  return {};
}

Result<void> Reconciler::Offer(const DesiredState& state) {
  const auto text = ToJson(state);
  EDGEWISE_TRY(DesiredFromJson(text));
  const std::lock_guard lock(mutex_);
  if (desired_ && *desired_ == state) return {};
  if (desired_ && state.number <= desired_->number) {
    return Fail(Code::kAborted,
                fmt::format("desired state {} does not come after {}: give it a higher number", state.number, desired_->number));
  }
  EDGEWISE_TRY(files_.ReplaceDurably(options_.folder / "desired.json", text));
  desired_ = state;
  troubles_.clear();
  return {};
}

Result<bool> Reconciler::Step(Deadline deadline) {
  StopRetired();
  const auto desired = this->desired();
  if (!desired) return false;
  for (const auto& model : desired->models) {
    EDGEWISE_ASSIGN(const bool done, StepModel(model, deadline));
    if (done) return true;
  }
  if (DropUndesired(*desired)) return true;
  CountApplied(*desired);
  return NoteLive(*desired);
}

Result<bool> Reconciler::StepModel(const DesiredModel& model, Deadline deadline) {
  const auto live = FindLive(model.name);
  const bool alive = live && live->running->Alive();
  if (alive && live->model.digest == model.digest) return false;
  if (live && !alive && MayTry(live->model)) {
    if (const auto restarted = Restart(*live, deadline); !restarted) NoteTrouble(live->model, restarted.error());
    return true;
  }
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
  EDGEWISE_TRY(options_.before_swap(*checked.card));
  if (!running->Alive()) return Fail(Code::kUnavailable, "the scorer ended between its start and the swap");
  Swap({model, checked.card, std::move(running)});
  log::Info("deploy: {} {} is live", model.name, model.digest.Short());
  return {};
}

Result<void> Reconciler::Restart(const LiveModel& live, Deadline deadline) {
  log::Warn("deploy: the scorer of {} {} has ended; starting it again", live.model.name, live.model.digest.Short());
  EDGEWISE_ASSIGN(const auto checked, Fetch(live.model));
  const auto limit = Deadline::After(std::min<Deadline::Clock::duration>(deadline.Left(), options_.start_limit));
  EDGEWISE_ASSIGN(auto running, target_.Start(checked.disk, limit));
  Swap({live.model, live.card, std::move(running)});
  return {};
}

void Reconciler::Swap(LiveModel next) {
  const std::lock_guard lock(mutex_);
  troubles_.erase({next.model.name, next.model.digest});
  auto& place = live_[next.model.name];
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
  std::erase_if(retired_, [](const auto& running) { return running.use_count() == 1; });
}

void Reconciler::CountApplied(const DesiredState& desired) {
  const std::lock_guard lock(mutex_);
  const bool whole = std::ranges::all_of(desired.models, [&](const DesiredModel& model) {
    const auto found = live_.find(model.name);
    return found != live_.end() && found->second.model.digest == model.digest && !troubles_.contains({model.name, model.digest});
  });
  if (whole) applied_ = std::max(applied_, desired.number);
}

Result<bool> Reconciler::NoteLive(const DesiredState& desired) {
  auto good = last_good_;
  std::erase_if(good, [&](const auto& entry) { return Find(desired, entry.first) == nullptr; });
  for (auto& live : Live()) good.insert_or_assign(live.model.name, live.model);
  if (good == last_good_) return false;
  DesiredState note{.number = desired.number, .models = {}, .policy = {}};
  for (const auto& [name, model] : good) note.models.push_back(model);
  EDGEWISE_TRY(files_.ReplaceDurably(options_.folder / "live.json", ToJson(note)));
  last_good_ = std::move(good);
  return true;
}

bool Reconciler::MayTry(const DesiredModel& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = troubles_.find({model.name, model.digest});
  if (found == troubles_.end()) return true;
  return !found->second.final && std::chrono::steady_clock::now() >= found->second.next;
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
  trouble.next = std::chrono::steady_clock::now() + trouble.wait;
}

std::optional<LiveModel> Reconciler::FindLive(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(name);
  return found == live_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<LiveModel> Reconciler::Live() const {
  const std::lock_guard lock(mutex_);
  std::vector<LiveModel> models;
  for (const auto& [name, live] : live_) models.push_back(live);
  return models;
}

std::uint64_t Reconciler::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

std::optional<DesiredState> Reconciler::desired() const {
  const std::lock_guard lock(mutex_);
  return desired_;
}

DeployStatus Reconciler::status() const {
  const std::lock_guard lock(mutex_);
  DeployStatus status{.desired = desired_ ? desired_->number : 0, .applied = applied_, .models = {}};
  if (!desired_) return status;
  for (const auto& model : desired_->models) {
    ModelStatus entry{.name = model.name, .digest = {}, .version = {}, .state = "waiting", .reason = {}};
    if (const auto live = live_.find(model.name); live != live_.end()) {
      entry.digest = live->second.model.digest;
      entry.version = live->second.model.version;
      if (entry.digest == model.digest) entry.state = "live";
    }
    if (const auto trouble = troubles_.find({model.name, model.digest}); trouble != troubles_.end()) {
      entry.state = "failed";
      entry.reason = trouble->second.reason;
    }
    status.models.push_back(std::move(entry));
  }
  return status;
}

}  // namespace edgewise::deploy
