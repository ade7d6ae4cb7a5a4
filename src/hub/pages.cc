#include "hub/pages.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace edgewise::hub {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTypes = {{{".html", "text/html; charset=utf-8"},
                                                                                  {".js", "text/javascript; charset=utf-8"},
                                                                                  {".css", "text/css; charset=utf-8"},
                                                                                  {".svg", "image/svg+xml"}}};

/// Nothing but what the build puts there: no folders, no dot files, known endings.
std::string_view TypeOf(std::string_view name) {
  if (name.starts_with('.') || name.find_first_of("/\\") != std::string_view::npos) return "";
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "";
}

net::HttpResponse Page(Files& files, const std::filesystem::path& folder, const std::string& name) {
  const auto type = TypeOf(name);
  if (type.empty()) return net::HttpResponse::FromError({Code::kNotFound, "no such page"});
  auto bytes = files.Read(folder / name);
  if (!bytes && name == "index.html") {
    return net::HttpResponse::Text(404, "The pages are not built yet: run tools/build-web. The API is at /api/overview.\n");
  }
  if (!bytes) return net::HttpResponse::FromError({Code::kNotFound, "no such page"});
  return {.status = 200,
          .headers = {{"Content-Type", std::string(type)},
                      {"Cache-Control", "no-cache"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"}},
          .body = std::move(*bytes)};
}

}  // namespace

void AddPages(net::Router& router, Files& files, std::filesystem::path folder) {
  router.Add("GET", "/", [&files, folder](const net::HttpRequest&, const net::Router::Parameters&, const net::Responder& respond) {
    respond(Page(files, folder, "index.html"));
  });
  router.Add("GET", "/{name}",
             [&files, folder](const net::HttpRequest&, const net::Router::Parameters& parameters, const net::Responder& respond) {
               respond(Page(files, folder, parameters.at("name")));
             });
}

}  // namespace edgewise::hub
