#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "net/http.h"

namespace edgewise::net {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecode(std::string_view text, bool form) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += form && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

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
      std::string rest = PercentDecode(path[i], false);
      for (std::size_t j = i + 1; j < path.size(); ++j) rest += '/' + PercentDecode(path[j], false);
      parameters.emplace(segment.substr(1, segment.size() - 5), std::move(rest));
      return parameters;
    }
    if (IsParameter(segment)) {
      if (path[i].empty()) return std::nullopt;
      parameters.emplace(segment.substr(1, segment.size() - 2), PercentDecode(path[i], false));
    } else if (segment != path[i]) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return parameters;
}

}  // namespace

std::string HttpRequest::query(std::string_view name) const {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return "";
  std::string_view rest = std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = pair.find('=');
    if (PercentDecode(pair.substr(0, equals), true) == name) {
      return equals == std::string_view::npos ? "" : PercentDecode(pair.substr(equals + 1), true);
    }
  }
  return "";
}

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
