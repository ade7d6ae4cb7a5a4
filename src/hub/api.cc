#include "hub/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "hub/detail/columns.h"
#include "hub/detail/json.h"

namespace edgewise::hub {
namespace {

using detail::Json;
using net::HttpRequest;
using net::HttpResponse;
using net::Responder;
using net::Router;

constexpr std::size_t kLargestDocument = 4 * 1024 * 1024;  // parsed into a tree, which costs many times its bytes
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::uint64_t kHoursByHour = 45 * 24;  // more points than a page is wide help nobody

HttpResponse Answer(Result<std::string> body) {
  if (!body) return HttpResponse::FromError(body.error());
  auto response = HttpResponse::Json(200, std::move(*body));
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

Result<void> TooLarge() { return Fail(Code::kInvalidArgument, fmt::format("the body is larger than {} bytes", kLargestDocument)); }

HttpResponse Done(const Result<void>& result) {
  return result ? HttpResponse::Json(200, R"({"ok":true})") : HttpResponse::FromError(result.error());
}

Result<std::uint64_t> NumberParameter(const HttpRequest& request, std::string_view name, std::uint64_t usual, std::uint64_t most) {
  const auto text = request.query(name);
  if (text.empty()) return usual;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= most) return number;
  return Fail(Code::kInvalidArgument, fmt::format("query parameter \"{}\" must be a number from 1 to {}", name, most));
}

Json Write(const SiteView& view) {
  return {{"site", view.site},
          {"state", SiteStateName(view.state)},
          {"reason", view.reason},
          {"heard", view.heard.ms == 0 ? Json() : Json(FormatTime(view.heard))},
          {"clock", view.clock ? Json(FormatTime(*view.clock)) : Json()},
          {"status", detail::Embed(view.status)},
          {"desired", detail::Embed(view.desired)}};
}

}  // namespace

Result<std::string> Api::Overview() {
  EDGEWISE_ASSIGN(const auto totals, index_.Count());
  EDGEWISE_ASSIGN(const auto lanes, index_.Lanes());
  std::uint64_t missing = 0;
  std::map<std::string, Json> by_site;
  for (const auto& lane : lanes) {
    auto json = detail::Write(lane);
    missing += json["missing"].get<std::uint64_t>();
    by_site[lane.site].push_back(std::move(json));
  }
  Json sites = Json::array();
  for (const auto& view : fleet_.Sites()) {
    auto site = Write(view);
    const auto found = by_site.find(view.site);
    site["lanes"] = found == by_site.end() ? Json::array() : found->second;
    sites.push_back(std::move(site));
  }
  const auto clock = fleet_.EventNow();
  return detail::Dump({{"clock", clock ? Json(FormatTime(*clock)) : Json()},
                       {"latest", totals.latest.ms == 0 ? Json() : Json(FormatTime(totals.latest))},
                       {"totals",
                        {{"objects", totals.objects},
                         {"indexed", totals.indexed},
                         {"doubled", totals.doubled},
                         {"missing", missing},
                         {"aside", totals.aside}}},
                       {"sites", std::move(sites)}});
}

Result<std::string> Api::Sites() {
  Json sites = Json::array();
  for (const auto& view : fleet_.Sites()) sites.push_back(Write(view));
  return detail::Dump({{"sites", std::move(sites)}});
}

Result<std::string> Api::Insights(const std::string& site, std::uint64_t hours) {
  EDGEWISE_ASSIGN(const auto newest, index_.Events({.type = std::string(event::kInsightV1), .site = site, .limit = 24}));
  const bool by_day = hours > kHoursByHour;
  const auto bucket = by_day ? 24 * kHourMs : kHourMs;
  Json sites = Json::array();
  Json recent = Json::array();
  if (!newest.empty()) {
    const auto to = newest.front().event.time + std::chrono::hours(1);
    const auto from = to - std::chrono::hours(hours);
    EDGEWISE_ASSIGN(const auto insights, index_.Insights({site, from, to}));
    for (std::size_t i = 0; i < insights.size();) {
      const auto& name = insights[i].id.site;
      detail::Columns columns(bucket);
      for (; i < insights.size() && insights[i].id.site == name; ++i) columns.Add(insights[i]);
      sites.push_back(std::move(columns).Write(name));
    }
    for (const auto& found : newest) recent.push_back(detail::Write(found));
  }
  return detail::Dump({{"bucket", by_day ? "day" : "hour"}, {"sites", std::move(sites)}, {"recent", std::move(recent)}});
}

Result<std::string> Api::Events(std::string_view type, const std::string& site, std::size_t limit) {
  EDGEWISE_ASSIGN(const auto found, index_.Events({std::string(type), site, limit}));
  Json events = Json::array();
  for (const auto& event : found) events.push_back(detail::Write(event));
  return detail::Dump({{"events", std::move(events)}});
}

Result<std::string> Api::DesiredHistory(const std::string& site) {
  EDGEWISE_ASSIGN(const auto states, fleet_.DesiredHistory(site));
  Json list = Json::array();
  for (const auto& state : states) list.push_back(detail::Embed(state));
  return detail::Dump({{"site", site}, {"states", std::move(list)}});
}

Result<std::string> Api::Models() {
  EDGEWISE_ASSIGN(const auto totals, index_.Models());
  Json models = Json::array();
  for (const auto& model : fleet_.Models()) {
    auto json = detail::WriteHead(model);
    const auto registered = detail::Embed(model.json);
    if (registered.contains("gate")) json["gate"] = registered["gate"];
    if (model.card) {
      const auto& card = *model.card;
      json["training"] = {{"rows", card.training.rows}, {"auc", card.training.auc}, {"logloss", card.training.logloss}};
      if (card.holdout) json["holdout"] = {{"rows", card.holdout->rows}, {"auc", card.holdout->auc}, {"logloss", card.holdout->logloss}};
    }
    const auto served = std::ranges::find_if(totals, [&](const auto& entry) { return entry.model.ToString() == model.digest; });
    if (served != totals.end() && served->rows > 0) {
      const auto rows = static_cast<double>(served->rows);
      json["served"] = {
          {"rows", served->rows}, {"late_share", static_cast<double>(served->late) / rows}, {"logloss", served->logloss_sum / rows}};
    }
    models.push_back(std::move(json));
  }
  return detail::Dump({{"models", std::move(models)}});
}

Result<std::string> Api::Compliance() {
  EDGEWISE_ASSIGN(const auto lanes, index_.Lanes());
  EDGEWISE_ASSIGN(const auto aside, index_.AsideList(50));
  Json sites = Json::array();
  for (const auto& lane : lanes) {
    if (sites.empty() || sites.back()["site"] != lane.site) sites.push_back({{"site", lane.site}, {"lanes", Json::array()}});
    sites.back()["lanes"].push_back(detail::Write(lane));
  }
  Json list = Json::array();
  for (const auto& entry : aside) list.push_back({{"object", entry.object}, {"event", entry.event}, {"reason", entry.reason}});
  return detail::Dump({{"sites", std::move(sites)}, {"aside", std::move(list)}});
}

Result<std::string> Api::ShowTimeline() {
  const auto settled = timeline_.settled();  // before the steps: what is settled here has its outcome there
  Json steps = Json::array();
  for (const auto& step : timeline_.Steps()) {
    steps.push_back({{"number", step.number},
                     {"at", FormatTime(step.at)},
                     {"kind", step.kind},
                     {"text", step.text},
                     {"state", step.state},
                     {"outcome", step.outcome}});
  }
  const auto clock = fleet_.EventNow();
  return detail::Dump({{"clock", clock ? Json(FormatTime(*clock)) : Json()},
                       {"busy", timeline_.Busy()},
                       {"settled", FormatTime(settled)},
                       {"steps", std::move(steps)}});
}

void Api::AddRoutes(Router& router) {
  const auto get = [&router](std::string pattern, auto make) {
    router.Add("GET", std::move(pattern),
               [make](const HttpRequest& request, const Router::Parameters& parameters, const Responder& respond) {
                 respond(Answer(make(request, parameters)));
               });
  };
  using Request = const HttpRequest&;
  using Parameters = const Router::Parameters&;
  const auto events = [this](std::string_view type) {
    return [this, type](Request request, Parameters) -> Result<std::string> {
      EDGEWISE_ASSIGN(const auto limit, NumberParameter(request, "limit", 60, 1000));
      return Events(type, request.query("site"), limit);
    };
  };
  get("/api/overview", [this](Request, Parameters) { return Overview(); });
  get("/api/sites", [this](Request, Parameters) { return Sites(); });
  get("/api/insights", [this](Request request, Parameters) -> Result<std::string> {
    EDGEWISE_ASSIGN(const auto hours, NumberParameter(request, "hours", 14 * 24, 24 * 366));
    return Insights(request.query("site"), hours);
  });
  get("/api/disruptions", events(event::kDisruptionV1));
  get("/api/readings", events(event::kReadingV1));
  get("/api/drift", events(event::kDriftV1));
  get("/api/models", [this](Request, Parameters) { return Models(); });
  get("/api/compliance", [this](Request, Parameters) { return Compliance(); });
  get("/api/timeline", [this](Request, Parameters) { return ShowTimeline(); });
  get("/api/lineage/{id}", [this](Request request, Parameters parameters) -> Result<std::string> {
    EDGEWISE_ASSIGN(const auto samples, NumberParameter(request, "samples", 2, 100));
    return Lineage(parameters.at("id"), samples);
  });
  get("/api/sites/{site}/desired", [this](Request, Parameters parameters) { return fleet_.Desired(parameters.at("site")); });
  get("/api/sites/{site}/desired/history", [this](Request, Parameters parameters) { return DesiredHistory(parameters.at("site")); });
  const auto take = [&router](const char* method, const char* path, std::function<Result<void>(Request, Parameters)> answer) {
    router.Add(method, path, [answer = std::move(answer)](Request request, Parameters parameters, const Responder& respond) {
      respond(Done(request.body.size() <= kLargestDocument ? answer(request, parameters) : TooLarge()));
    });
  };
  take("PUT", "/api/sites/{site}/desired",
       [this](Request request, Parameters parameters) { return fleet_.SetDesired(parameters.at("site"), request.body); });
  take("POST", "/api/sites/{site}/status",
       [this](Request request, Parameters parameters) { return fleet_.Report(parameters.at("site"), request.body); });
  take("POST", "/api/models", [this](Request request, Parameters) { return fleet_.RegisterModel(request.body); });
}

}  // namespace edgewise::hub
