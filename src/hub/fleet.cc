#include "hub/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace edgewise::hub {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> ParseObject(std::string_view what, std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return Fail(Code::kInvalidArgument, fmt::format("{}: not a JSON object", what));
}

std::string TextOr(const Json& json, const char* key, std::string missing) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::move(missing);
}

/// The first thing a status complains about.
std::optional<std::string> Trouble(const Json& status) {
  const auto stopped = TextOr(status, "stopped", "");
  if (!stopped.empty()) return stopped;
  const auto models = status.find("models");
  if (models == status.end() || !models->is_array()) return std::nullopt;
  for (const auto& model : *models) {
    if (!model.is_object() || TextOr(model, "state", "") != "failed") continue;
    return fmt::format("model {}: {}", TextOr(model, "version", "?"), TextOr(model, "reason", "failed"));
  }
  return std::nullopt;
}

/// What is worth a write: all but the counts and clocks, which change with every status.
std::string Gist(const Json& status) {
  Json gist;
  for (const auto* key : {"epoch", "desired", "applied", "models", "stopped"}) {
    if (status.contains(key)) gist[key] = status[key];
  }
  return gist.dump();
}

}  // namespace

std::string_view SiteStateName(SiteState state) {
  switch (state) {
    case SiteState::kEmpty:
      return "empty";
    case SiteState::kLive:
      return "live";
    case SiteState::kStale:
      return "stale";
    case SiteState::kError:
      return "error";
  }
  return "error";
}

Fleet::Fleet(Index& index, const Clock& clock, Options options) : index_(index), clock_(clock), options_(std::move(options)) {}

Result<std::unique_ptr<Fleet>> Fleet::Open(Index& index, const Clock& clock, Options options) {
  auto fleet = std::unique_ptr<Fleet>(new Fleet(index, clock, std::move(options)));
  EDGEWISE_TRY(fleet->Load());
  return fleet;
}

Result<void> Fleet::Load() {
  for (const auto& site : options_.sites) sites_[site];
  EDGEWISE_ASSIGN(const auto statuses, index_.Documents("status"));
  for (const auto& [site, json] : statuses) {
    EDGEWISE_ASSIGN(const auto saved, ParseObject("saved status", json));
    auto& entry = sites_[site];
    entry.heard = {saved.value("heard", std::int64_t{0})};
    entry.status = saved.contains("status") ? saved["status"].dump() : "null";
  }
  EDGEWISE_TRY(LoadDesired());
  EDGEWISE_ASSIGN(const auto models, index_.Documents("model"));
  for (const auto& [key, json] : models) EDGEWISE_TRY(RegisterModel(json));
  return {};
}

Result<void> Fleet::Report(const std::string& site, std::string_view text) {
  EDGEWISE_ASSIGN(const auto status, ParseObject("status", text));
  if (TextOr(status, "site", "") != site) {
    return Fail(Code::kInvalidArgument, fmt::format("status: key \"site\" must be \"{}\", the site it is posted to", site));
  }
  std::optional<EventTime> event_time;
  if (const auto clock = TextOr(status, "clock", ""); !clock.empty()) {
    EDGEWISE_ASSIGN(event_time, ParseTime(clock));
  }
  const auto gist = Gist(status);
  const auto now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  auto& entry = sites_[site];
  if (entry.saved != gist) {
    const Json saved = {{"heard", now.ms}, {"status", status}};
    EDGEWISE_TRY(index_.PutDocument("status", site, saved.dump()));
  }
  entry.saved = gist;
  entry.status = text;
  entry.trouble = Trouble(status);
  entry.clock = event_time;
  entry.heard = now;
  return {};
}

std::vector<SiteView> Fleet::Sites() const {
  const auto now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  std::vector<SiteView> views;
  for (const auto& [name, site] : sites_) {
    SiteView view;
    view.site = name;
    view.status = site.status;
    view.desired = site.desired;
    view.heard = site.heard;
    view.clock = site.clock;
    const auto silent = now.ms - site.heard.ms;
    if (site.heard.ms == 0) {
      view.state = SiteState::kEmpty;
      view.reason = "nothing heard from this site yet";
    } else if (silent > options_.stale.count()) {
      view.state = SiteState::kStale;
      view.reason = fmt::format("silent for {} s", silent / 1000);
    } else {
      view.state = site.trouble ? SiteState::kError : SiteState::kLive;
      view.reason = site.trouble.value_or("");
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::optional<EventTime> Fleet::EventNow() const {
  const std::scoped_lock lock(mutex_);
  std::optional<EventTime> least;
  for (const auto& [name, site] : sites_) {
    if (!site.clock) return std::nullopt;
    least = std::min(least.value_or(*site.clock), *site.clock);
  }
  return least;
}

Result<void> Fleet::RegisterModel(std::string_view text) {
  EDGEWISE_ASSIGN(const auto json, ParseObject("model", text));
  ModelEntry entry{.version = TextOr(json, "version", ""),
                   .digest = TextOr(json, "digest", ""),
                   .repository = TextOr(json, "repository", ""),
                   .decision = TextOr(json, "decision", ""),
                   .reason = TextOr(json, "reason", ""),
                   .json = std::string(text),
                   .card = std::nullopt};
  if (entry.version.empty() || entry.decision.empty()) {
    return Fail(Code::kInvalidArgument, "model: keys \"version\" and \"decision\" must be texts");
  }
  const auto card = json.find("card");
  if (card != json.end() && !card->is_null()) {
    EDGEWISE_ASSIGN(entry.card, train::CardFromJson(card->is_string() ? card->get<std::string>() : card->dump()));
  }
  return Keep(std::move(entry));
}

Result<void> Fleet::Keep(ModelEntry entry) {
  const std::scoped_lock lock(mutex_);
  auto place = static_cast<std::size_t>(std::ranges::find(models_, entry.version, &ModelEntry::version) - models_.begin());
  const bool same = place < models_.size() && models_[place].json == entry.json;
  if (!same) EDGEWISE_TRY(index_.PutDocument("model", fmt::format("{:06}", place), entry.json));
  for (auto& [object, places] : trained_on_) places.erase(place);
  if (entry.card) {
    for (const auto& object : entry.card->objects) trained_on_[object.name].insert(place);
  }
  if (place == models_.size()) models_.emplace_back();
  models_[place] = std::move(entry);
  return {};
}

std::vector<ModelEntry> Fleet::Models() const {
  const std::scoped_lock lock(mutex_);
  return models_;
}

std::vector<ModelEntry> Fleet::TrainedOn(const std::string& object) const {
  const std::scoped_lock lock(mutex_);
  std::vector<ModelEntry> list;
  const auto found = trained_on_.find(object);
  if (found == trained_on_.end()) return list;
  for (const auto place : found->second) list.push_back(models_[place]);
  return list;
}

std::optional<ModelEntry> Fleet::FindModel(const std::string& digest) const {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(models_, digest, &ModelEntry::digest);
  if (found == models_.end()) return std::nullopt;
  return *found;
}

}  // namespace edgewise::hub
