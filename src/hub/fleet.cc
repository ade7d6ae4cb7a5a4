#include "hub/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "deploy/desired_state.h"

namespace edgewise::hub {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> ParseObject(std::string_view what, std::string_view text) {
  auto json = ParseJson<Json>(text);
  if (json.is_object()) return json;
  return Fail(Code::kInvalidArgument, fmt::format("{}: not a JSON object of {} levels at most", what, kDeepestJson));
}

std::string TextOr(const Json& json, const char* key, std::string missing) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::move(missing);
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
  for (const auto& [site, text] : statuses) {
    EDGEWISE_ASSIGN(const auto saved, ParseObject("saved status", text));
    const auto entry = sites_.find(site);
    if (entry == sites_.end() || !saved.contains("status")) continue;
    // What an older hub saved and we do not take is forgotten: the site says it again within seconds.
    if (auto status = ReadSiteStatus(site, saved["status"].dump())) {
      entry->second.status = *std::move(status);
      entry->second.heard = {saved.value("heard", std::int64_t{0})};
    }
  }
  EDGEWISE_TRY(LoadDesired());
  EDGEWISE_ASSIGN(const auto models, index_.Documents("model"));
  for (const auto& [key, json] : models) EDGEWISE_TRY(RegisterModel(json));
  return {};
}

/// Needs no lock: the set of sites is fixed once Open() has returned.
Result<Fleet::Site*> Fleet::Known(const std::string& site) {
  const auto found = sites_.find(site);
  if (found != sites_.end()) return &found->second;
  return Fail(Code::kNotFound, fmt::format("site \"{}\" is not one of this hub's; add it to the hub's configuration", site));
}

Result<void> Fleet::Report(const std::string& site, std::string_view text) {
  EDGEWISE_ASSIGN(auto* entry, Known(site));
  EDGEWISE_ASSIGN(auto status, ReadSiteStatus(site, text));
  const auto now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  if (entry->saved != status.gist) {
    const auto saved = fmt::format(R"({{"heard":{},"status":{}}})", now.ms, status.json);
    EDGEWISE_TRY(index_.PutDocument("status", site, saved));
  }
  entry->saved = status.gist;
  entry->status = std::move(status);
  entry->heard = now;
  entry->spoke = true;
  return {};
}

std::vector<SiteView> Fleet::Sites() const {
  const auto now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  std::vector<SiteView> views;
  for (const auto& [name, site] : sites_) {
    SiteView view;
    view.site = name;
    if (!site.status.json.empty()) view.status = site.status.json;
    view.desired = site.desired;
    view.heard = site.heard;
    if (site.spoke) view.clock = site.status.clock;
    view.drained = site.status.drained;
    view.applied = site.status.applied;
    const auto silent = now.ms - site.heard.ms;
    if (site.heard.ms == 0) {
      view.state = SiteState::kEmpty;
      view.reason = "nothing heard from this site yet";
    } else if (silent > options_.stale.count()) {
      view.state = SiteState::kStale;
      view.reason = fmt::format("silent for {} s", silent / 1000);
    } else {
      view.state = site.status.trouble ? SiteState::kError : SiteState::kLive;
      view.reason = site.status.trouble.value_or("");
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::optional<EventTime> Fleet::EventNow() const {
  const std::scoped_lock lock(mutex_);
  std::optional<EventTime> least;
  for (const auto& [name, site] : sites_) {
    const auto& clock = site.status.clock;
    if (!site.spoke || !clock) return std::nullopt;
    least = std::min(least.value_or(*clock), *clock);
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
    const auto card_text = card->is_string() ? card->get<std::string>() : card->dump();
    EDGEWISE_TRY(ParseObject("model card", card_text));
    EDGEWISE_ASSIGN(entry.card, train::CardFromJson(card_text));
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
