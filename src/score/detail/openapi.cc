#include "score/detail/openapi.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "score/detail/rest_routes.h"

namespace edgewise::score::detail {
namespace {

using nlohmann::ordered_json;

ordered_json Reference(std::string_view schema) { return {{"$ref", "#/components/schemas/" + std::string(schema)}}; }
ordered_json Json(ordered_json schema) { return {{"application/json", {{"schema", std::move(schema)}}}}; }
ordered_json Text() { return {{"type", "string"}}; }
ordered_json Whole() { return {{"type", "integer"}}; }
ordered_json ListOf(ordered_json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
ordered_json Object(ordered_json properties, ordered_json required = ordered_json::array()) {
  ordered_json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

/// What a call takes and gives.
struct Shape {
  std::string_view request;  ///< A schema; "" where the call takes no body.
  bool is_required = false;
  std::string_view answer;
};

Shape ShapeOf(Action action) {
  switch (action) {
    case Action::kInfer:
      return {"InferenceRequest", true, "InferenceResponse"};
    case Action::kScore:
      return {"PlainRows", true, "PlainScores"};
    case Action::kPredict:
      return {"PredictRequest", true, "PredictResponse"};
    case Action::kServerMetadata:
      return {"", false, "ServerMetadata"};
    case Action::kModelMetadata:
      return {"", false, "ModelMetadata"};
    case Action::kModels:
    case Action::kPredictModels:
      return {"", false, "ModelNames"};
    case Action::kModelStatistics:
    case Action::kAllStatistics:
      return {"", false, "Statistics"};
    case Action::kRepositoryIndex:
      return {"RepositoryIndexRequest", false, "RepositoryIndex"};
    case Action::kRepositoryLoad:
    case Action::kRepositoryUnload:
      return {"Anything", false, "Anything"};
    case Action::kPredictLive:
    case Action::kServerLive:
    case Action::kServerReady:
    case Action::kModelReady:
    case Action::kPredictModelReady:
    case Action::kModelConfig:
    case Action::kOpenApi:
      return {"", false, "Anything"};
    case Action::kMetrics:
      return {"", false, ""};
  }
  return {};
}

ordered_json Schemas() {
  const ordered_json anything = {{"type", "object"}};
  const ordered_json parameters = {{"type", "object"},
                                   {"additionalProperties", {{"oneOf", {Text(), {{"type", "number"}}, {{"type", "boolean"}}}}}}};
  const auto tensor = Object({{"name", Text()}, {"datatype", Text()}, {"shape", ListOf(Whole())}}, {"name", "datatype", "shape"});
  const auto data = Object({{"name", Text()},
                            {"datatype", Text()},
                            {"shape", ListOf(Whole())},
                            {"parameters", parameters},
                            {"data", {{"type", "array"}, {"items", ordered_json::object()}}}},
                           {"name", "datatype", "shape"});
  const auto output = Object({{"name", Text()}, {"parameters", parameters}}, {"name"});
  const auto row = ordered_json{{"oneOf", {anything, ListOf(ordered_json::object())}}};
  const auto texts = ListOf(Text());
  const auto milliseconds = ordered_json{{"type", "object"}, {"additionalProperties", {{"type", "number"}}}};
  return {
      {"Anything", anything},
      {"Error", Object({{"error", Text()}, {"code", Text()}}, {"error"})},
      {"InferenceRequest",
       Object({{"id", Text()}, {"parameters", parameters}, {"inputs", ListOf(data)}, {"outputs", ListOf(output)}}, {"inputs"})},
      {"InferenceResponse",
       Object({{"model_name", Text()}, {"model_version", Text()}, {"id", Text()}, {"outputs", ListOf(data)}}, {"model_name", "outputs"})},
      {"PlainRows",
       {{"oneOf", {anything, ListOf(ordered_json::object())}},
        {"description", "One row, an array of rows, or {\"rows\":[...]}: a row names its values or lists them."}}},
      {"PlainScores", Object({{"model", Text()},
                              {"version", Text()},
                              {"scores", {{"type", "array"}, {"items", ordered_json::object()}}},
                              {"labels", {{"type", "array"}, {"items", ordered_json::object()}}},
                              {"lineage", texts},
                              {"milliseconds", milliseconds}},
                             {"model", "version", "scores", "lineage", "milliseconds"})},
      {"PredictRequest", Object({{"instances", ListOf(row)}}, {"instances"})},
      {"PredictResponse", Object({{"predictions", {{"type", "array"}, {"items", ordered_json::object()}}}}, {"predictions"})},
      {"ServerMetadata", Object({{"name", Text()}, {"version", Text()}, {"extensions", texts}}, {"name", "version", "extensions"})},
      {"ModelMetadata", Object({{"name", Text()},
                                {"versions", texts},
                                {"platform", Text()},
                                {"inputs", ListOf(tensor)},
                                {"outputs", ListOf(tensor)},
                                {"max_rows", Whole()},
                                {"columns", texts}},
                               {"name", "platform", "inputs", "outputs"})},
      {"ModelNames", Object({{"models", texts}}, {"models"})},
      {"Statistics", Object({{"model_stats", ListOf(anything)}}, {"model_stats"})},
      {"RepositoryIndexRequest", Object({{"ready", {{"type", "boolean"}}}})},
      {"RepositoryIndex", ListOf(Object({{"name", Text()}, {"version", Text()}, {"state", Text()}, {"reason", Text()}}, {"name"}))},
  };
}

ordered_json RequestBody(const Shape& shape, Action action) {
  ordered_json content = Json(Reference(shape.request));
  if (action == Action::kScore) content["text/csv"] = {{"schema", Text()}};
  if (action == Action::kInfer) content["application/octet-stream"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  return {{"required", shape.is_required}, {"content", std::move(content)}};
}

ordered_json AnswerOf(const Shape& shape) {
  if (shape.answer.empty()) return {{"description", "Text"}, {"content", {{"text/plain", {{"schema", Text()}}}}}};
  return {{"description", "Done"}, {"content", Json(Reference(shape.answer))}};
}

ordered_json Operation(const RestRoute& route) {
  const auto shape = ShapeOf(route.action);
  ordered_json operation = {{"summary", route.summary}};
  auto names = ordered_json::array();
  for (const std::string_view name : {"model", "version"}) {
    if (route.pattern.find("{" + std::string(name) + "}") == std::string_view::npos) continue;
    names.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", Text()}});
  }
  if (!names.empty()) operation["parameters"] = names;
  if (!shape.request.empty()) operation["requestBody"] = RequestBody(shape, route.action);
  operation["responses"] = {{"200", AnswerOf(shape)},
                            {"default", {{"description", "What is wrong, and how to mend it"}, {"content", Json(Reference("Error"))}}}};
  return operation;
}

}  // namespace

std::string OpenApiDocument() {
  ordered_json paths = ordered_json::object();
  for (const auto& route : RestRoutes()) {
    std::string method(route.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[std::string(route.pattern)][method] = Operation(route);
  }
  return ordered_json{{"openapi", "3.0.3"},
                      {"info", {{"title", "Edgewise scorer"}, {"version", "0.1.0"}}},
                      {"paths", paths},
                      {"components", {{"schemas", Schemas()}}}}
      .dump();
}

}  // namespace edgewise::score::detail
