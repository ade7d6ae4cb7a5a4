#include "score/score_server.h"

#include "net/http_view.h"
#include "score/detail/rest_routes.h"
#include "score/detail/rest_server.h"

namespace edgewise::score {
namespace {

class HttpScoreServer final : public ScoreServer {
 public:
  HttpScoreServer(ModelRepository& repository, const Options& options)
      : watch_thread_(options.http.threads),
        rest_(repository, {.threads = options.http.threads + 1,
                           .score_limit = options.score_limit,
                           .max_body = options.http.max_body,
                           .encode_from = options.compress_from,
                           .sticky_header = options.sticky_header,
                           .triton_metrics = options.triton_metrics}) {}

  Result<void> Listen(const Options& options) {
    const auto handler = [this](const net::RequestView& request, net::ResponseWriter& response, std::size_t thread) {
      rest_.Handle(request, response, thread);
    };
    EDGEWISE_ASSIGN(server_, net::StartViews(options.addresses, handler, options.http));
    return options.metrics_addresses.empty() ? Result<void>() : ListenForWatchers(options);
  }

  const std::vector<std::string>& addresses() const override { return server_->addresses(); }
  std::vector<std::string> metrics_addresses() const override { return watched_ ? watched_->addresses() : std::vector<std::string>(); }
  std::vector<std::string> routes() const override {
    std::vector<std::string> routes;
    for (const auto& route : detail::RestRoutes()) routes.push_back(std::string(route.method) + ' ' + std::string(route.pattern));
    return routes;
  }

 private:
  Result<void> ListenForWatchers(const Options& options) {
    const auto handler = [this](const net::RequestView& request, net::ResponseWriter& response, std::size_t) {
      const auto path = request.path();
      if (path == "/metrics" || path == "/livez" || path == "/readyz") return rest_.Handle(request, response, watch_thread_);
      response.body() = R"({"error":"here are only /metrics, /livez and /readyz; scores are at the server's other address"})";
      response.Send(404, "application/json");
    };
    auto http = options.http;
    http.threads = 1;
    EDGEWISE_ASSIGN(watched_, net::StartViews(options.metrics_addresses, handler, http));
    return {};
  }

  const std::size_t watch_thread_;  ///< Its index: above those that run models.
  detail::RestServer rest_;
  std::unique_ptr<net::HttpServer> watched_;  // after what they call: they stop first
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<ScoreServer>> ScoreServer::Start(ModelRepository& repository, Options options) {
  auto server = std::make_unique<HttpScoreServer>(repository, options);
  EDGEWISE_TRY(server->Listen(options));
  return server;
}

}  // namespace edgewise::score
