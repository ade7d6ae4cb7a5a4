// GET /api/lineage/{id}: from an event or a scored row to the models behind it, what they learned from, and back.
#include <set>

#include "hub/api.h"
#include "hub/detail/json.h"

namespace edgewise::hub {
namespace {

using detail::Json;

/// A training object beside what the index has under its name: whether it is the very bytes, and some of its rows.
Result<Json> WriteObject(Index& index, const train::TrainingObject& object, std::size_t samples) {
  Json json = {{"name", object.name}, {"digest", object.digest.ToString()}, {"rows", object.rows}};
  const auto stored = index.FindObject(object.name);
  if (!stored && stored.error().code != Code::kNotFound) return std::unexpected(stored.error());
  json["stored"] = stored.has_value();  // history files lie with the data scientist, not in the store
  if (!stored) return json;
  json["verified"] = stored->output == object.digest;
  json["site"] = stored->site;
  EDGEWISE_ASSIGN(const auto found, index.SamplesOf(object.name, samples));
  json["samples"] = Json::array();
  for (const auto& sample : found) json["samples"].push_back(sample.sample.lineage.ToString());
  return json;
}

Result<Json> WriteModel(Index& index, const Fleet& fleet, const std::string& digest, std::size_t samples) {
  const auto model = fleet.FindModel(digest);
  if (!model) return Json{{"digest", digest}, {"version", nullptr}, {"objects", Json::array()}};
  auto json = detail::WriteHead(*model);
  json["objects"] = Json::array();
  if (!model->card) return json;
  for (const auto& object : model->card->objects) {
    EDGEWISE_ASSIGN(auto written, WriteObject(index, object, samples));
    json["objects"].push_back(std::move(written));
  }
  return json;
}

/// What was found about one id, collected before it is written.
struct Trace {
  Json events = Json::array();
  Json scores = Json::array();
  std::set<std::string> models;   // digests behind the scores
  std::set<std::string> objects;  // that hold a row of this id
  Json named_by = Json::array();
};

void AddScore(Trace& trace, const FoundSample& found) {
  trace.scores.push_back(detail::Write(found));
  trace.models.insert(found.sample.model.ToString());
}

/// The rows an event names, with score and label where they came back as samples.
Result<void> AddRows(Index& index, const FoundEvent& found, const Json& data, Trace& trace) {
  const auto model = detail::TextOf(data, "model");
  if (!model.empty()) trace.models.insert(model);
  EDGEWISE_ASSIGN(const auto rows, index.RowsOf(found.event.id));
  for (const auto& row : rows) {
    EDGEWISE_ASSIGN(const auto samples, index.SamplesByLineage(row));
    for (const auto& sample : samples) AddScore(trace, sample);
    if (!samples.empty()) continue;
    Json score = {{"lineage", row.ToString()}, {"site", found.event.id.site}, {"score", nullptr}, {"label", nullptr}, {"model", model}};
    const auto worst = data.is_object() ? data.value("worst", Json()) : Json();
    if (detail::TextOf(worst, "lineage") == row.ToString()) score["score"] = worst.value("score", Json());
    trace.scores.push_back(std::move(score));
  }
  return {};
}

Result<Trace> Follow(Index& index, const LineageId& id) {
  Trace trace;
  EDGEWISE_ASSIGN(const auto events, index.EventsByLineage(id));
  for (const auto& found : events) {
    trace.events.push_back(detail::Write(found));
    if (found.event.type == event::kInsightV1) EDGEWISE_TRY(AddRows(index, found, trace.events.back()["data"], trace));
  }
  EDGEWISE_ASSIGN(const auto samples, index.SamplesByLineage(id));
  for (const auto& sample : samples) {
    AddScore(trace, sample);
    trace.objects.insert(sample.object);
  }
  EDGEWISE_ASSIGN(const auto naming, index.EventsNaming(id));
  for (const auto& found : naming) {
    trace.named_by.push_back(detail::Write(found));
    if (samples.empty()) EDGEWISE_TRY(AddRows(index, found, trace.named_by.back()["data"], trace));
  }
  return trace;
}

}  // namespace

Result<std::string> Api::Lineage(std::string_view text, std::size_t samples) {
  EDGEWISE_ASSIGN(const auto id, LineageId::Parse(text));
  EDGEWISE_ASSIGN(auto trace, Follow(index_, id));
  if (trace.events.empty() && trace.scores.empty() && trace.named_by.empty()) {
    return Fail(Code::kNotFound, "lineage: nothing is known of this id (not exported, or not indexed yet)");
  }
  Json models = Json::array();
  for (const auto& digest : trace.models) {
    EDGEWISE_ASSIGN(auto model, WriteModel(index_, fleet_, digest, samples));
    models.push_back(std::move(model));
  }
  Json learned = Json::array();
  for (const auto& object : trace.objects) {
    for (const auto& model : fleet_.TrainedOn(object)) {
      auto head = detail::WriteHead(model);
      head["object"] = object;
      learned.push_back(std::move(head));
    }
  }
  return detail::Dump({{"id", id.ToString()},
                       {"events", std::move(trace.events)},
                       {"scores", std::move(trace.scores)},
                       {"models", std::move(models)},
                       {"named_by", std::move(trace.named_by)},
                       {"learned_by", std::move(learned)}});
}

}  // namespace edgewise::hub
