#include "site/api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "site/score_route.h"
#include "site/taking.h"

namespace edgewise::site {

namespace {

using net::HttpRequest, net::HttpResponse, net::Responder, net::Router;

constexpr std::size_t kLargestDocument = 64 * 1024;  // of labels and clock: parsed into a tree, which costs many times its bytes

void Answer(const Result<void>& result, const Responder& respond) {
  if (!result) respond(HttpResponse::FromError(result.error()));
}

Result<void> TakeRecords(SiteDoor& door, std::string_view lines, const std::string& stream, const Responder& respond) {
  EDGEWISE_TRY(MayTake(door));
  EDGEWISE_ASSIGN(const auto checked, door.core().machine().Check(stream, lines, LatestAllowed(door)));
  if (checked.ahead != 0) {
    door.metrics()
        .Counter("edgewise_site_records_ahead_total", "Bodies of records refused: a time lies in the future.",
                 {{"site", door.options().name}})
        .Increment();
    return Fail(
        Code::kInvalidArgument,
        fmt::format("line {}: \"time\" lies in the future; is the sender's clock wrong? Nothing of this body was taken", checked.ahead));
  }
  auto body = fmt::format(
      R"({{"new":{},"repeated":{},"skipped":{}{}}})", checked.fresh, checked.repeated, checked.skipped,
      checked.skipped == 0
          ? ""
          : R"(,"reason":"skipped records came after a higher seq of their producer and were not taken; send each producer's records in ascending order")");
  if (checked.fresh == 0) {
    door.core().AfterAll(AnswerLater(std::move(body), respond));  // the first time it was said may not be on the disk yet
  } else {
    TakeAndAnswer(door, checked.entry, std::move(body), respond);
  }
  return {};
}

Result<nlohmann::json> Body(const HttpRequest& request, std::string_view example) {
  if (request.body.size() > kLargestDocument)
    return Fail(Code::kInvalidArgument, fmt::format("the body is larger than {} bytes; it must be like {}", kLargestDocument, example));
  auto body = ParseJson<nlohmann::json>(request.body);
  if (!body.is_object()) return Fail(Code::kInvalidArgument, fmt::format("the body must be like {}", example));
  return body;
}

/// The text of a field; nothing if it is missing or no text.
std::string TextIn(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<EventTime> TimeIn(const nlohmann::json& body, const char* key) {
  const auto text = TextIn(body, key);
  if (text.empty()) return Fail(Code::kInvalidArgument, fmt::format("\"{}\" must be a time such as \"2013-02-01T05:00:00Z\"", key));
  return ParseTime(text);
}

Result<void> PostClock(SiteDoor& door, const HttpRequest& request, const Responder& respond) {
  if (!door.options().replay) return Fail(Code::kFailedPrecondition, "this site lives by the wall clock; set replay = true for a replay");
  EDGEWISE_TRY(MayTake(door));
  EDGEWISE_ASSIGN(const auto body, Body(request, R"({"watermark":"2013-02-01T05:00:00Z"})"));
  EDGEWISE_ASSIGN(const auto time, TimeIn(body, "watermark"));
  if (time > LatestAllowed(door)) return Fail(Code::kInvalidArgument, "\"watermark\" lies over 400 days ahead of the site's clock");
  TakeAndAnswer(door, WatermarkEntry{time}, fmt::format(R"({{"clock":"{}"}})", FormatTime(time)), respond);
  return {};
}

Result<void> PostLabel(SiteDoor& door, const HttpRequest& request, const Responder& respond) {
  EDGEWISE_TRY(MayTake(door));
  EDGEWISE_ASSIGN(const auto body, Body(request, R"({"lineage":"...","label":1,"time":"2013-02-01T05:00:00Z"})"));
  const auto label = body.find("label");
  if (label == body.end() || !label->is_number_integer() || (*label != 0 && *label != 1)) {
    return Fail(Code::kInvalidArgument, "\"label\" must be 0 or 1");
  }
  EDGEWISE_ASSIGN(const auto lineage, LineageId::Parse(TextIn(body, "lineage")));
  EDGEWISE_ASSIGN(const auto time, TimeIn(body, "time"));
  if (time > LatestAllowed(door)) return Fail(Code::kInvalidArgument, "\"time\" lies in the future; is the sender's clock wrong?");
  EDGEWISE_TRY(door.core().Drain(Deadline::After(std::chrono::seconds(10))));
  EDGEWISE_ASSIGN(const auto row, door.core().log().Find(lineage));
  if (!row) return Fail(Code::kNotFound, "no row with this lineage id was scored here");
  if (row->label != LabelState::kPending) {
    respond(HttpResponse::Json(200, R"({"labelled":false,"reason":"it has its label already; the first one counts"})"));
    return {};
  }
  TakeAndAnswer(door, LabelEntry{lineage, time, *label == 1}, R"({"labelled":true})", respond);
  return {};
}

std::string StreamsJson(const feature::Program& program) {
  auto streams = nlohmann::json::array();
  for (const auto& stream : program.streams()) {
    auto fields = nlohmann::json::array();
    for (const auto& field : stream.fields) fields.push_back(field.name);
    streams.push_back({{"stream", stream.name}, {"fields", fields}});
  }
  return streams.dump();
}

/// What the request says, or what holds for its model.
Result<Durability> DurabilityIn(const SiteDoor& door, const HttpRequest& request, const std::string& model) {
  auto text = request.query("durability");
  if (text.empty()) text = request.header("Durability");
  return text.empty() ? Result<Durability>(DurabilityOf(door.options().durability, model)) : ParseDurability(text);
}

Result<void> PostScore(SiteDoor& door, const HttpRequest& request, const std::string& model, const Responder& respond) {
  EDGEWISE_ASSIGN(const auto durability, DurabilityIn(door, request, model));
  return TakeScore(door, {model, request.body, request.header("Content-Type"), std::nullopt, durability}, respond);
}

}  // namespace

void AnswerQuestion(SiteDoor& door, const Question& question, const Responder& respond) {
  switch (question.kind) {
    case Question::Kind::kScore:
      return Answer(TakeScore(door, {question.name, question.body, "", question.lineage}, respond), respond);
    case Question::Kind::kRecords:
      return Answer(TakeRecords(door, question.body, question.name, respond), respond);
  }
}

void AddSiteRoutes(Router& router, SiteDoor& door) {
  router.Add("POST", "/records/{stream}", [&door](const HttpRequest& request, const Router::Parameters& in, const Responder& respond) {
    Answer(TakeRecords(door, request.body, in.at("stream"), respond), respond);
  });
  router.Add("POST", "/score/{model}", [&door](const HttpRequest& request, const Router::Parameters& in, const Responder& respond) {
    Answer(PostScore(door, request, in.at("model"), respond), respond);
  });
  router.Add("POST", "/labels", [&door](const HttpRequest& request, const auto&, const Responder& respond) {
    Answer(PostLabel(door, request, respond), respond);
  });
  router.Add("POST", "/clock", [&door](const HttpRequest& request, const auto&, const Responder& respond) {
    Answer(PostClock(door, request, respond), respond);
  });
  router.Add("POST", "/relay/flush", [&door](const HttpRequest&, const auto&, const Responder& respond) {
    door.Flush([respond](const Result<void>& done) {
      respond(done ? HttpResponse::Json(200, R"({"flushed":true})") : HttpResponse::FromError(done.error()));
    });
  });
  router.Add("GET", "/status",
             [&door](const HttpRequest&, const auto&, const Responder& respond) { respond(HttpResponse::Json(200, door.StatusJson())); });
  router.Add("GET", "/streams", [&door](const HttpRequest&, const auto&, const Responder& respond) {
    respond(HttpResponse::Json(200, StreamsJson(door.options().program)));
  });
  router.Add("GET", "/metrics", [&door](const HttpRequest&, const auto&, const Responder& respond) {
    door.Counted();
    respond(HttpResponse::Text(200, door.metrics().Text()));
  });
  router.Add("GET", "/healthz",
             [](const HttpRequest&, const auto&, const Responder& respond) { respond(HttpResponse::Text(200, "ok\n")); });
  router.Add("GET", "/readyz", [&door](const HttpRequest&, const auto&, const Responder& respond) {
    const auto taken = MayTake(door);
    respond(taken ? HttpResponse::Text(200, "ready\n") : HttpResponse::FromError(taken.error()));
  });
}

}  // namespace edgewise::site
