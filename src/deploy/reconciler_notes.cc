// What a reconciler keeps on the disk, and what it tells.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "deploy/reconciler.h"

namespace edgewise::deploy {
namespace {

constexpr const char* kLive = "live.json";
constexpr const char* kPrevious = "previous.json";

}  // namespace

Result<void> Reconciler::ReadFolder() {
  const auto path = options_.folder / "desired.json";
  const auto text = files_.Read(path);
  if (!text && text.error().code != Code::kNotFound) return std::unexpected(text.error());
  if (text) {
    auto desired = DesiredFromJson(*text);
    if (desired) {
      desired_ = std::move(*desired);
      refused_ = PolicyTrouble(*desired_);
    } else {
      log::Warn("deploy: {} is damaged: kept as desired.json.damaged; the hub sends it again", path.string());
      EDGEWISE_TRY(files_.ReplaceDurably(options_.folder / "desired.json.damaged", *text));
      EDGEWISE_TRY(files_.Remove(path));
    }
  }
  last_good_ = ReadNote(kLive);
  previous_ = ReadNote(kPrevious);
  return {};
}

std::map<std::string, DesiredModel> Reconciler::ReadNote(const char* name) const {
  std::map<std::string, DesiredModel> models;
  const auto text = files_.Read(options_.folder / name);
  if (!text) return models;
  const auto note = DesiredFromJson(*text);
  if (!note) {
    log::Warn("deploy: {} is damaged and is not used", name);
    return models;
  }
  for (const auto& model : note->models) models.emplace(model.name, model);
  return models;
}

Result<void> Reconciler::WriteNote(const char* name, std::uint64_t number, const std::map<std::string, DesiredModel>& models) {
  DesiredState note{.number = number, .models = {}, .policy = {}};
  for (const auto& [key, model] : models) note.models.push_back(model);
  return files_.ReplaceDurably(options_.folder / name, ToJson(note));
}

/// Keeps per model what is live now, and what was before: the older note is written first, so that no version is in neither.
Result<bool> Reconciler::NoteLive(const DesiredState& desired) {
  const auto undesired = [&](const auto& entry) {
    return std::ranges::find(desired.models, entry.first, &DesiredModel::name) == desired.models.end();
  };
  auto good = last_good_;
  auto previous = previous_;
  for (auto& live : Live()) {
    const auto before = good.find(live.model.name);
    if (before != good.end() && before->second.digest != live.model.digest) previous.insert_or_assign(before->first, before->second);
    good.insert_or_assign(live.model.name, live.model);
  }
  std::erase_if(good, undesired);
  std::erase_if(previous, undesired);
  if (good == last_good_ && previous == previous_) return false;
  EDGEWISE_TRY(WriteNote(kPrevious, desired.number, previous));
  previous_ = std::move(previous);
  EDGEWISE_TRY(WriteNote(kLive, desired.number, good));
  last_good_ = std::move(good);
  return true;
}

/// What neither serves, nor shall, nor did before; the disk of a site is small. No reason to stop working when it cannot be done.
void Reconciler::RemoveOld(const DesiredState& desired) {
  std::set<Digest> keep;
  for (const auto& model : desired.models) keep.insert(model.digest);
  for (const auto* note : {&last_good_, &previous_}) {
    for (const auto& [name, model] : *note) keep.insert(model.digest);
  }
  for (const auto& live : Live()) keep.insert(live.model.digest);
  if (keep == kept_) return;
  const auto removed = models_.KeepOnly(keep);
  if (!removed) return log::Warn("deploy: old models stay on the disk: {}", removed.error().message);
  if (*removed > 0) log::Info("deploy: {} old models were removed from the disk", *removed);
  kept_ = std::move(keep);
}

/// Nothing leaves a site under another policy than its desired state wants, and no new model comes with one: empty if it fits.
std::string Reconciler::PolicyTrouble(const DesiredState& state) const {
  if (state.policy.IsZero() || state.policy == options_.policy) return {};
  return fmt::format("desired state {} is refused: policy {} is wanted, this site runs {}; give the site that policy file and restart",
                     state.number, state.policy.ToString(), options_.policy.IsZero() ? "none" : options_.policy.ToString());
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
  DeployStatus status{.desired = desired_ ? desired_->number : 0, .applied = applied_, .refused = refused_, .models = {}};
  if (!desired_) return status;
  for (const auto& model : desired_->models) {
    ModelStatus entry{.name = model.name, .digest = {}, .version = {}, .state = "waiting", .reason = {}};
    if (const auto live = live_.find(model.name); live != live_.end()) {
      entry.digest = live->second.model.digest;
      entry.version = live->second.model.version;
      if (entry.digest == model.digest) entry.state = "live";
      if (const auto ended = restarts_.Trouble(model.name)) {
        entry.state = "failed";
        entry.reason = *ended;
      }
    }
    if (const auto trouble = troubles_.find({model.name, model.digest}); trouble != troubles_.end()) {
      entry.state = "failed";
      entry.reason = trouble->second.reason;
    }
    if (entry.reason.empty() && !refused_.empty()) {
      entry.state = "failed";
      entry.reason = refused_;
    }
    status.models.push_back(std::move(entry));
  }
  return status;
}

}  // namespace edgewise::deploy
