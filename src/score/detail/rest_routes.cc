#include "score/detail/rest_routes.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace edgewise::score::detail {
namespace {

constexpr RestRoute kRoutes[] = {
    {"POST", "/v2/models/{model}/infer", Action::kInfer, "Run a model (Open Inference Protocol v2)"},
    {"POST", "/v2/models/{model}/versions/{version}/infer", Action::kInfer, "Run one version of a model"},
    {"POST", "/score/{model}", Action::kScore, "Score plain rows: an object, an array of rows, or CSV"},
    {"POST", "/score/{model}/versions/{version}", Action::kScore, "Score plain rows with one version of a model"},
    {"POST", "/v1/models/{model}:predict", Action::kPredict, "Run a model (KServe v1: instances, predictions)"},
    {"POST", "/v1/models/{model}/versions/{version}:predict", Action::kPredict, "Run one version of a model (KServe v1)"},
    {"GET", "/v2", Action::kServerMetadata, "Name, version and extensions of the server"},
    {"GET", "/v2/", Action::kServerMetadata, "The same"},
    {"GET", "/v2/health/live", Action::kServerLive, "Whether the server runs"},
    {"GET", "/v2/health/ready", Action::kServerReady, "Whether its models are loaded"},
    {"GET", "/livez", Action::kServerLive, "Whether the server runs, for orchestrators"},
    {"GET", "/readyz", Action::kServerReady, "Whether its models are loaded, for orchestrators"},
    {"GET", "/metrics", Action::kMetrics, "Counters as Prometheus text"},
    {"GET", "/openapi.json", Action::kOpenApi, "This document"},
    {"GET", "/v2/models", Action::kModels, "Names of the models"},
    {"GET", "/v2/models/stats", Action::kAllStatistics, "Statistics of all models"},
    {"GET", "/v2/models/{model}", Action::kModelMetadata, "Inputs and outputs of a model"},
    {"GET", "/v2/models/{model}/versions/{version}", Action::kModelMetadata, "Inputs and outputs of one version"},
    {"GET", "/v2/models/{model}/ready", Action::kModelReady, "Whether a model can be run"},
    {"GET", "/v2/models/{model}/versions/{version}/ready", Action::kModelReady, "Whether one version can be run"},
    {"GET", "/v2/models/{model}/config", Action::kModelConfig, "Configuration of a model, in Triton's form"},
    {"GET", "/v2/models/{model}/versions/{version}/config", Action::kModelConfig, "Configuration of one version"},
    {"GET", "/v2/models/{model}/stats", Action::kModelStatistics, "Statistics of a model"},
    {"GET", "/v2/models/{model}/versions/{version}/stats", Action::kModelStatistics, "Statistics of one version"},
    {"POST", "/v2/repository/index", Action::kRepositoryIndex, "Every model and version, with its state"},
    {"POST", "/v2/repository/models/{model}/load", Action::kRepositoryLoad, "Load a model, or load it again"},
    {"POST", "/v2/repository/models/{model}/unload", Action::kRepositoryUnload, "Let a model go"},
    {"GET", "/", Action::kPredictLive, "Whether the server runs (KServe v1)"},
    {"GET", "/v1/models", Action::kPredictModels, "Names of the models (KServe v1)"},
    {"GET", "/v1/models/{model}", Action::kPredictModelReady, "Whether a model can be run (KServe v1)"},
};

constexpr std::string_view kModel = "{model}";

std::string_view TakeSegment(std::string_view& path) {
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Takes "{model}suffix" or "{version}suffix" apart; false: the segment does not end so, or is empty.
bool TakeName(std::string_view pattern, std::string_view segment, RouteMatch& match) {
  const auto parameter = pattern.substr(0, pattern.find('}') + 1);
  const auto suffix = pattern.substr(parameter.size());
  if (!segment.ends_with(suffix) || segment.size() == suffix.size()) return false;
  segment.remove_suffix(suffix.size());
  if (segment.find(':') != std::string_view::npos) return false;  // that is a call of v1, not a name
  (parameter == kModel ? match.model : match.version) = segment;
  return true;
}

bool Matches(std::string_view pattern, std::string_view path, RouteMatch& match) {
  match.model = match.version = {};
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '/' || path.front() != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const auto expected = TakeSegment(pattern);
    const auto segment = TakeSegment(path);
    if (expected.starts_with('{') ? !TakeName(expected, segment, match) : expected != segment) return false;
  }
  return pattern.empty() && path.empty();
}

bool IsName(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '/' || c == '\\' || c == '%' || (c >= 0 && c < 0x20) || c == 0x7F; });
}

/// Percent-decodes in place of what `name` shows. False: not a name.
bool Decode(std::string_view& name, std::string& decoded) {
  if (name.find('%') == std::string_view::npos) return IsName(name);
  decoded.clear();
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned value = 0;
    if (name[i] != '%') {
      decoded += name[i];
      continue;
    }
    if (i + 2 >= name.size()) return false;
    const char* const digits = name.data() + i + 1;
    if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return false;
    decoded += static_cast<char>(value);
    i += 2;
  }
  name = decoded;
  return IsName(name) && simdjson::validate_utf8(name.data(), name.size());
}

}  // namespace

std::span<const RestRoute> RestRoutes() { return kRoutes; }

RouteMatch FindRoute(std::string_view method, std::string_view path, std::array<std::string, 2>& decoded) {
  if (method == "HEAD") method = "GET";
  RouteMatch match;
  std::string allowed;
  for (const auto& route : kRoutes) {
    const bool is_method = route.method == method;
    if (!is_method && !allowed.empty()) continue;  // it is known that the path is there; only another method could matter now
    if (!Matches(route.pattern, path, match)) continue;
    if (!Decode(match.model, decoded[0]) || !Decode(match.version, decoded[1])) return {};
    if (is_method) {
      match.route = &route;
      return match;
    }
    allowed = route.method == "GET" ? "GET, HEAD" : "POST";
  }
  match.allowed = allowed;
  return match;
}

}  // namespace edgewise::score::detail
