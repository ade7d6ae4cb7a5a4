#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "net/detail/uri.h"
#include "net/http.h"

namespace edgewise::net {
namespace {

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool IsRest(std::string_view segment) { return segment.ends_with("...}"); }

std::optional<Router::Parameters> Match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  Router::Parameters parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return std::nullopt;
    const std::string_view segment = pattern[i];
    if (IsRest(segment)) {
      std::string rest = detail::PercentDecode(path[i], false);
      for (std::size_t j = i + 1; j < path.size(); ++j) rest += '/' + detail::PercentDecode(path[j], false);
      parameters.emplace(segment.substr(1, segment.size() - 5), std::move(rest));
      return parameters;
    }
    if (IsParameter(segment)) {
      if (path[i].empty()) return std::nullopt;
      parameters.emplace(segment.substr(1, segment.size() - 2), detail::PercentDecode(path[i], false));
    } else if (segment != path[i]) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return parameters;
}

}  // namespace

void Router::Add(std::string method, std::string pattern, RouteHandler handler) {
  auto segments = Segments(pattern);
  routes_.push_back({std::move(method), std::move(segments), std::move(handler), std::move(pattern)});
}

void Router::operator()(HttpRequest request, Responder responder) const {
  const auto path = Segments(request.path());
  std::set<std::string> methods;
  for (const auto& route : routes_) {
    const auto parameters = Match(route.segments, path);
    if (!parameters) continue;
    if (route.method == request.method) return route.handler(request, *parameters, std::move(responder));
    methods.insert(route.method);
  }
  if (methods.empty()) {
    return responder(HttpResponse::FromError({Code::kNotFound, fmt::format("no such path: {} (see GET / or the docs)", request.path())}));
  }
  auto response = HttpResponse::FromError({Code::kUnimplemented, fmt::format("{} does not offer {}", request.path(), request.method)});
  response.status = 405;
  response.headers.push_back({"Allow", fmt::format("{}", fmt::join(methods, ", "))});
  responder(std::move(response));
}

std::vector<std::string> Router::routes() const {
  std::vector<std::string> out;
  for (const auto& route : routes_) out.push_back(route.method + ' ' + route.pattern);
  return out;
}

}  // namespace edgewise::net
