#include <fmt/format.h>

#include "score/detail/describe.h"
#include "score/detail/numbers.h"
#include "score/detail/parameter_rules.h"
#include "score/detail/rest_metrics.h"
#include "score/detail/rest_server.h"

namespace edgewise::score::detail {

void RestServer::DescribeServer(RestCall& call) { call.SendJson(DescribeServerText()); }

void RestServer::Live(RestCall& call) { call.SendJson(R"({"live":true})"); }

void RestServer::Ready(RestCall& call) {
  const bool ready = repository_.ready();
  call.SendJson(ready ? R"({"ready":true})" : R"({"ready":false})", ready ? 200 : 503);
}

void RestServer::ListModels(RestCall& call) { call.SendJson(DescribeModelsText(repository_.Index())); }

void RestServer::DescribeModel(RestCall& call) {
  if (!Find(call)) return;
  const auto& version = *call.scratch.exchange.choice.version;
  if (call.match.route->action == Action::kModelConfig) return call.SendJson(DescribeConfigText(version));
  call.SendJson(DescribeModelText(version, repository_.Index()));
}

/// A cold model is ready: the first request loads it.
void RestServer::ModelReady(RestCall& call) {
  const auto found = repository_.Find(call.match.model, call.match.version, "");
  if (!found && found.error().code != Code::kAborted) return call.SendError(found.error());
  auto& body = call.response.body();
  body = R"({"name":)";
  AppendText(body, call.match.model);
  body += R"(,"ready":true})";
  call.envelope().Send(call.response, 200, kJson);
}

/// Not by Find(): who watches must not make a model look used, or a memory budget lets the others go.
std::vector<std::shared_ptr<ModelVersion>> RestServer::Loaded(std::string_view model, std::string_view number) {
  std::vector<std::shared_ptr<ModelVersion>> loaded;
  for (auto& version : repository_.Loaded()) {
    if (!model.empty() && version->model() != model) continue;
    if (!number.empty() && version->version() != number) continue;
    loaded.push_back(std::move(version));
  }
  return loaded;
}

void RestServer::ModelStatistics(RestCall& call) {
  if (const auto loaded = Loaded(call.match.model, call.match.version); !loaded.empty()) {
    return call.SendJson(DescribeStatisticsText(loaded));
  }
  const auto found = repository_.Find(call.match.model, call.match.version, "");
  if (!found && found.error().code != Code::kAborted) return call.SendError(found.error());
  if (found && !call.match.version.empty()) return call.SendJson(DescribeStatisticsText(std::span(&found->version, 1)));
  call.SendJson(DescribeStatisticsText({}));
}

void RestServer::AllStatistics(RestCall& call) { call.SendJson(DescribeStatisticsText(repository_.Loaded())); }

void RestServer::Metrics(RestCall& call) {
  call.response.body() = MetricsText(repository_.Loaded(), repository_.ready(), options_.triton_metrics);
  call.envelope().Send(call.response, 200, "text/plain; version=0.0.4; charset=utf-8");
}

void RestServer::Index(RestCall& call) {
  bool ready_only = false;
  simdjson::dom::object object;
  if (!call.body.empty()) {
    auto document = call.scratch.parser.parse(call.body.data(), call.body.size());
    if (document.get_object().get(object)) {
      return call.SendError({Code::kInvalidArgument, R"(the body must be empty or an object such as {"ready":true})"});
    }
    const auto error = object["ready"].get_bool().get(ready_only);
    if (error && error != simdjson::NO_SUCH_FIELD) return call.SendError({Code::kInvalidArgument, "\"ready\" must be true or false"});
  }
  call.SendJson(DescribeIndexText(repository_.Index(), ready_only));
}

void RestServer::LoadOrUnload(RestCall& call) {
  simdjson::dom::object object;
  if (!call.body.empty() && call.scratch.parser.parse(call.body.data(), call.body.size()).get_object().get(object)) {
    return call.SendError({Code::kInvalidArgument, "the body must be empty or a JSON object"});
  }
  if (!call.body.empty() && object["parameters"]["config"].error() != simdjson::NO_SUCH_FIELD) {
    return call.SendError(NoConfiguration());
  }
  const bool load = call.match.route->action == Action::kRepositoryLoad;
  const auto responder = call.response.Later();
  auto work = [this, load, model = std::string(call.match.model), envelope = call.envelope(), responder] {
    LaterWriter response(responder);
    const auto done = load ? repository_.Load(model) : repository_.Unload(model);
    if (!done) return envelope.SendError(response, done.error());
    response.body() = "{}";
    envelope.Send(response, 200, kJson);
  };
  const auto added = errands_.Add(std::move(work));
  if (added) return;
  LaterWriter response(responder);
  call.envelope().SendError(response, added.error());
}

}  // namespace edgewise::score::detail
