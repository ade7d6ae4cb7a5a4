#include "site/queue_route.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "queue/depth_json.h"

namespace edgewise::site {
namespace {

using net::HttpRequest, net::HttpResponse, net::Responder;
using nlohmann::json, nlohmann::ordered_json;
using queue::SqliteQueue;

constexpr std::uint64_t kMostOfAPage = 10'000;

Result<std::uint64_t> Number(const HttpRequest& request, std::string_view name, std::uint64_t most) {
  const auto text = request.query(name);
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number <= most) return number;
  return Fail(Code::kInvalidArgument, fmt::format("\"{}\" must be a whole number from 0 to {}", name, most));
}

Result<HttpResponse> Events(SqliteQueue& queue, const HttpRequest& request) {
  EDGEWISE_ASSIGN(const auto lane, event::ParseLane(request.query("lane")));
  EDGEWISE_ASSIGN(const auto after, Number(request, "after", INT64_MAX));
  EDGEWISE_ASSIGN(const auto limit, Number(request, "limit", kMostOfAPage));
  EDGEWISE_ASSIGN(const auto page, queue.Page(lane, after, limit));
  auto events = json::array();
  for (const auto& kept : page) {
    events.push_back({{"id", kept.id.ToString()}, {"state", static_cast<int>(kept.state)}, {"reason", kept.reason}, {"body", kept.body}});
  }
  // What is left of a damaged record may be no UTF-8.
  return HttpResponse::Json(200, json{{"events", events}}.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<HttpResponse> Depths(SqliteQueue& queue, const HttpRequest&) {
  EDGEWISE_ASSIGN(const auto depths, queue.Depths());
  auto lanes = ordered_json::array();
  for (const auto& depth : depths) lanes.push_back(queue::ToJson(depth));
  return HttpResponse::Json(200, ordered_json{{"lanes", lanes}}.dump());
}

Result<HttpResponse> Retry(SqliteQueue& queue, const HttpRequest& request) {
  EDGEWISE_ASSIGN(const auto id, event::EventId::Parse(request.query("id")));
  EDGEWISE_ASSIGN(const auto again, queue.Retry(id));
  return HttpResponse::Json(200, json{{"id", again.ToString()}}.dump());
}

Result<HttpResponse> Drop(SqliteQueue& queue, const HttpRequest& request) {
  EDGEWISE_ASSIGN(const auto id, event::EventId::Parse(request.query("id")));
  EDGEWISE_TRY(queue.Discard(id));
  return HttpResponse::Json(200, json{{"id", id.ToString()}}.dump());
}

void AddQueueRoutes(net::Router& router, SqliteQueue& queue) {
  using Work = Result<HttpResponse> (*)(SqliteQueue&, const HttpRequest&);
  const auto add = [&](const char* method, const char* path, Work work) {
    router.Add(method, path, [&queue, work](const HttpRequest& request, const auto&, const Responder& respond) {
      auto answer = work(queue, request);
      respond(answer ? std::move(*answer) : HttpResponse::FromError(answer.error()));
    });
  };
  add("GET", "/queue/events", Events);
  add("GET", "/queue/depths", Depths);
  add("POST", "/queue/retry", Retry);
  add("POST", "/queue/drop", Drop);
}

}  // namespace

std::unique_ptr<net::HttpServer> ServeQueue(const std::string& site, const std::filesystem::path& socket, SqliteQueue& queue) {
  const auto router = std::make_shared<net::Router>();
  AddQueueRoutes(*router, queue);
  auto server =
      net::HttpServer::Start({{"unix:" + socket.string()}},
                             [router](HttpRequest request, Responder respond) { (*router)(std::move(request), std::move(respond)); }, {});
  std::error_code error;
  if (server) std::filesystem::permissions(socket, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (server && !error) return std::move(*server);
  log::Warn("site {}: commands that need its queue will not work while it runs: {}", site,
            server ? error.message() : server.error().message);
  return nullptr;
}

}  // namespace edgewise::site
