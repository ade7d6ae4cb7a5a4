#include "hub/site_status.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "event/event.h"

namespace edgewise::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostModels = 100;
constexpr std::size_t kLongestText = 2000;  // a reason for people; longer ones are cut
constexpr std::array kCounts = {"epoch", "desired",     "applied", "records",         "scored",      "labelled",
                                "never", "quarantined", "pending", "offline_seconds", "queue_bytes", "disk_free_bytes"};
constexpr std::array kModelTexts = {"name", "digest", "version", "state", "reason"};
constexpr std::array kWaitingCounts = {"waiting", "dead", "damaged", "missing", "dropped"};
constexpr std::array kLaneCounts = {"allowed", "denied", "stored_through"};
constexpr std::array kGist = {"epoch", "desired", "applied", "policy", "models", "stopped", "refused"};

std::unexpected<Error> BadKey(std::string_view key, std::string_view expected) {
  return Fail(Code::kInvalidArgument, fmt::format("status: key \"{}\" must be {}", key, expected));
}

/// Copies members from one object into another, each checked.
struct Keeper {
  const Json& from;
  Json& to;
  std::string_view above;  ///< For errors: "relay."

  const Json* Find(const char* key) const {
    const auto found = from.find(key);
    return found == from.end() || found->is_null() ? nullptr : &*found;
  }
  Result<void> Count(const char* key) const {
    const auto* value = Find(key);
    if (value == nullptr) return {};
    if (!value->is_number_unsigned()) return BadKey(fmt::format("{}{}", above, key), "a count");
    to[key] = value->get<std::uint64_t>();
    return {};
  }
  Result<void> Text(const char* key) const {
    const auto* value = Find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return BadKey(fmt::format("{}{}", above, key), "a text");
    to[key] = value->get_ref<const std::string&>().substr(0, kLongestText);
    return {};
  }
  Result<std::optional<EventTime>> Time(const char* key) const {
    const auto* value = Find(key);
    if (value == nullptr) return std::nullopt;
    const auto time = value->is_string() ? ParseTime(value->get_ref<const std::string&>()) : Fail(Code::kInvalidArgument, "");
    if (!time) return BadKey(fmt::format("{}{}", above, key), "a time such as 2013-02-01T00:00:00Z");
    to[key] = FormatTime(*time);
    return *time;
  }
};

Result<void> KeepModels(const Json& from, Json& to) {
  if (!from.is_array() || from.size() > kMostModels) return BadKey("models", fmt::format("a list of {} at most", kMostModels));
  to = Json::array();
  for (const auto& model : from) {
    if (!model.is_object()) return BadKey("models", "a list of objects");
    Json kept = Json::object();
    for (const auto* key : kModelTexts) EDGEWISE_TRY((Keeper{model, kept, "models[]."}.Text(key)));
    to.push_back(std::move(kept));
  }
  return {};
}

/// {"sample": {"allowed": 1, ...}, ...}; `keep` copies one lane.
template <class Keep>
Result<void> KeepLanes(const char* key, const Json& from, Json& to, Keep keep) {
  if (!from.is_object()) return BadKey(key, "an object by lane");
  to = Json::object();
  for (const auto lane : event::kLanes) {
    const std::string name(event::LaneName(lane));
    if (from.contains(name)) EDGEWISE_TRY(keep(name, from[name], to));
  }
  return {};
}

Result<void> KeepRelayed(const std::string& lane, const Json& from, Json& to) {
  if (!from.is_object()) return BadKey("relay." + lane, "an object");
  to[lane] = Json::object();
  for (const auto* key : kLaneCounts) EDGEWISE_TRY((Keeper{from, to[lane], "relay[]."}.Count(key)));
  return {};
}

Result<void> KeepWaiting(const std::string& lane, const Json& from, Json& to) {
  if (!from.is_object()) return BadKey("lanes." + lane, "an object");
  to[lane] = Json::object();
  const Keeper keeper{from, to[lane], "lanes[]."};
  for (const auto* key : kWaitingCounts) EDGEWISE_TRY(keeper.Count(key));
  EDGEWISE_TRY(keeper.Time("oldest"));
  return {};
}

std::string TextOf(const Json& object, const char* key, std::string missing) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::move(missing);
}

/// The version that answers, or its digest; empty: none does.
std::string Serving(const Json& model) {
  auto version = TextOf(model, "version", "");
  return version.empty() ? TextOf(model, "digest", "").substr(0, 17) : version;
}

/// A status names the live version, its reason may be the wanted one's: which of them is to blame shows in what was applied.
std::string ModelTrouble(const Json& model, bool current) {
  const auto version = Serving(model);
  const auto reason = TextOf(model, "reason", "failed");
  if (version.empty()) return "serves no model: " + reason;
  return current ? fmt::format("model {}: {}", version, reason) : fmt::format("serves {}; cannot take the wanted one: {}", version, reason);
}

std::optional<std::string> Trouble(const Json& kept) {
  if (auto stopped = TextOf(kept, "stopped", ""); !stopped.empty()) return "nothing leaves: " + stopped;
  auto refused = TextOf(kept, "refused", "");
  const bool current = refused.empty() && kept.value("applied", std::uint64_t{0}) == kept.value("desired", std::uint64_t{0});
  if (kept.contains("models")) {
    for (const auto& model : kept["models"]) {
      if (TextOf(model, "state", "") == "failed") return ModelTrouble(model, current);
    }
  }
  return refused.empty() ? std::nullopt : std::optional(std::move(refused));
}

std::string Gist(const Json& kept) {
  Json gist;
  for (const auto* key : kGist) {
    if (kept.contains(key)) gist[key] = kept[key];
  }
  return gist.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<SiteStatus> ReadSiteStatus(std::string_view site, std::string_view text) {
  const auto json = ParseJson<Json>(text);
  if (!json.is_object()) return Fail(Code::kInvalidArgument, fmt::format("status: not a JSON object of {} levels at most", kDeepestJson));
  if (TextOf(json, "site", "") != site) return BadKey("site", fmt::format("\"{}\", the site it is posted to", site));
  SiteStatus status;
  Json kept = {{"site", site}};
  const Keeper keep{json, kept, ""};
  EDGEWISE_ASSIGN(status.clock, keep.Time("clock"));
  EDGEWISE_ASSIGN(status.drained, keep.Time("drained"));
  EDGEWISE_TRY(keep.Time("last_stored"));
  for (const auto* key : kCounts) EDGEWISE_TRY(keep.Count(key));
  if (const auto* models = keep.Find("models")) EDGEWISE_TRY(KeepModels(*models, kept["models"]));
  if (const auto* queue = keep.Find("queue")) {
    EDGEWISE_TRY(KeepLanes("queue", *queue, kept["queue"], [&](const std::string& lane, const Json&, Json& to) {
      return Keeper{*queue, to, "queue."}.Count(lane.c_str());
    }));
  }
  if (const auto* lanes = keep.Find("lanes")) EDGEWISE_TRY(KeepLanes("lanes", *lanes, kept["lanes"], KeepWaiting));
  if (const auto* relay = keep.Find("relay")) EDGEWISE_TRY(KeepLanes("relay", *relay, kept["relay"], KeepRelayed));
  for (const auto* key : {"policy", "stopped", "refused"}) EDGEWISE_TRY(keep.Text(key));
  status.applied = kept.value("applied", std::uint64_t{0});
  status.trouble = Trouble(kept);
  status.json = kept.dump(-1, ' ', false, Json::error_handler_t::replace);  // a text that was cut may end in half a letter
  status.gist = Gist(kept);
  return status;
}

}  // namespace edgewise::hub
