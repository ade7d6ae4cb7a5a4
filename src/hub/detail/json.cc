#include "hub/detail/json.h"

#include "base/json.h"

namespace edgewise::hub::detail {

Json Embed(std::string_view text) {
  auto json = ParseJson<Json>(text);
  return json.is_discarded() ? Json(nullptr) : json;
}

std::string TextOf(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Json Write(const FoundEvent& found) {
  const auto& event = found.event;
  return {
      {"id", event.id.ToString()}, {"site", event.id.site},          {"type", event.type},
      {"subject", event.subject},  {"time", FormatTime(event.time)}, {"lineage", event.lineage.IsZero() ? "" : event.lineage.ToString()},
      {"object", found.object},    {"data", Embed(event.data)}};
}

Json Write(const FoundSample& found) {
  const auto& sample = found.sample;
  return {{"lineage", sample.lineage.ToString()}, {"site", sample.id.site}, {"score", sample.score},
          {"label", sample.label ? 1 : 0},        {"day", sample.day},      {"model", sample.model.ToString()},
          {"event", sample.id.ToString()},        {"object", found.object}};
}

Json Write(const LaneTotals& lane) {
  return {{"lane", event::LaneName(lane.lane)},
          {"objects", lane.objects},
          {"events", lane.events},
          {"denied", lane.denied},
          {"last", lane.last},
          {"missing", lane.missing},
          {"leak_bits_max", lane.leak_bits_max},
          {"policy", lane.policy.ToString()}};
}

Json WriteHead(const ModelEntry& model) {
  Json json = {{"version", model.version}, {"digest", model.digest}, {"decision", model.decision}, {"reason", model.reason}};
  if (!model.card) return json;
  json["trained_until"] = FormatTime(model.card->trained_until);
  json["rows"] = model.card->training.rows;
  json["objects"] = model.card->objects.size();
  return json;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace edgewise::hub::detail
