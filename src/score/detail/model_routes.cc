#include "score/detail/model_routes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "score/detail/infer.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Responder;
using nlohmann::json;

HttpResponse Answer(int status, const json& document) {
  return HttpResponse::Json(status, document.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

ModelRoutes::ModelRoutes(std::vector<ServedModel> models, std::chrono::milliseconds limit, Metrics& metrics)
    : metrics_(metrics), limit_(limit) {
  for (auto& model : models) {
    const Labels labels = {{"model", model.name}, {"version", model.version}};
    auto& rows = metrics.Counter("edgewise_score_rows_total", "Rows scored.", labels);
    auto& failed = metrics.Counter("edgewise_score_failed_total", "Requests refused or failed.", labels);
    auto& seconds = metrics.Histogram("edgewise_score_engine_seconds", "Time in the engine per request.", labels,
                                      {1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1, 1});
    auto name = model.name;
    entries_.emplace(std::move(name), Entry{std::move(model), rows, failed, seconds});
  }
}

void ModelRoutes::AddTo(net::Router& router) {
  AddServer(router);
  AddModel(router, "GET", "", &ModelRoutes::Describe);
  AddModel(router, "GET", "/ready", &ModelRoutes::Ready);
  AddModel(router, "POST", "/infer", &ModelRoutes::Infer);
  router.Add("POST", "/score/{model}", [this](const HttpRequest& request, const Parameters& parameters, const Responder& responder) {
    const auto entry = Find(parameters);
    responder(entry ? ScorePlain(**entry, request) : HttpResponse::FromError(entry.error()));
  });
}

void ModelRoutes::AddServer(net::Router& router) {
  const auto fixed = [&](std::string path, json document) {
    router.Add("GET", std::move(path),
               [answer = Answer(200, document)](const HttpRequest&, const Parameters&, const Responder& responder) { responder(answer); });
  };
  const json server = {{"name", "edgewise"}, {"version", "0.1.0"}, {"extensions", {"binary_tensor_data"}}};
  json names = json::array();
  for (const auto& [name, entry] : entries_) names.push_back(name);
  fixed("/v2", server);
  fixed("/v2/", server);  // clients send either
  fixed("/v2/health/live", {{"live", true}});
  fixed("/v2/health/ready", {{"ready", true}});
  fixed("/v2/models", {{"models", names}});
  router.Add("GET", "/metrics", [this](const HttpRequest&, const Parameters&, const Responder& responder) {
    responder({200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics_.Text()});
  });
}

void ModelRoutes::AddModel(net::Router& router, std::string method, std::string_view suffix, Action action) {
  for (const std::string_view path : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    router.Add(method, fmt::format("{}{}", path, suffix),
               [this, action](const HttpRequest& request, const Parameters& parameters, const Responder& responder) {
                 const auto entry = Find(parameters);
                 responder(entry ? (this->*action)(**entry, request) : HttpResponse::FromError(entry.error()));
               });
  }
}

Result<ModelRoutes::Entry*> ModelRoutes::Find(const Parameters& parameters) {
  const auto found = entries_.find(parameters.at("model"));
  if (found == entries_.end()) return Fail(Code::kNotFound, "no such model here; GET /v2/models lists them");
  const auto version = parameters.find("version");
  if (version != parameters.end() && version->second != found->second.model.version) {
    return Fail(Code::kNotFound, fmt::format("model \"{}\" is served in version \"{}\" only", found->first, found->second.model.version));
  }
  return &found->second;
}

HttpResponse ModelRoutes::Ready(Entry& entry, const HttpRequest&) { return Answer(200, {{"name", entry.model.name}, {"ready", true}}); }

HttpResponse ModelRoutes::Describe(Entry& entry, const HttpRequest&) {
  const auto& model = entry.model;
  const auto tensor = [](std::string_view name, std::size_t columns) {
    return json::array({{{"name", name}, {"datatype", "FP32"}, {"shape", {-1, columns}}}});
  };
  json document = {{"name", model.name},
                   {"versions", {model.version}},
                   {"platform", "onnx_onnxv1"},
                   {"inputs", tensor(kInputName, model.width())},
                   {"outputs", tensor(kOutputName, model.engine->classes())},
                   {"max_rows", model.engine->max_rows()}};
  if (model.program) {
    auto& columns = document["columns"] = json::array();
    for (const auto& output : model.program->outputs()) columns.push_back(output.name);
  }
  return Answer(200, document);
}

Result<std::vector<float>> ModelRoutes::Score(Entry& entry, const std::vector<float>& rows) {
  const auto begin = std::chrono::steady_clock::now();
  auto scores = entry.model.engine->Score(rows, Deadline::After(limit_));
  entry.seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  if (scores) entry.rows.Increment(static_cast<double>(rows.size() / entry.model.width()));
  return scores;
}

HttpResponse ModelRoutes::Infer(Entry& entry, const HttpRequest& request) {
  const auto answer = [&]() -> Result<HttpResponse> {
    EDGEWISE_ASSIGN(const auto read, ReadInfer(request, entry.model, parser_));
    EDGEWISE_ASSIGN(const auto scores, Score(entry, read.rows));
    return WriteInfer(read, entry.model, scores);
  }();
  if (answer) return *answer;
  entry.failed.Increment();
  return HttpResponse::FromError(answer.error());
}

HttpResponse ModelRoutes::ScorePlain(Entry& entry, const HttpRequest& request) {
  const auto answer = [&]() -> Result<HttpResponse> {
    EDGEWISE_ASSIGN(const auto rows, ReadPlainRows(request.body, entry.model, parser_));
    EDGEWISE_ASSIGN(const auto scores, Score(entry, rows));
    return HttpResponse::Json(200, WriteScores(entry.model, scores));
  }();
  if (answer) return *answer;
  entry.failed.Increment();
  return HttpResponse::FromError(answer.error());
}

}  // namespace edgewise::score::detail
