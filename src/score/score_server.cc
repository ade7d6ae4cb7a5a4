#include "score/score_server.h"

#include "net/http_view.h"
#include "score/detail/rest_routes.h"
#include "score/detail/rest_server.h"

namespace edgewise::score {
namespace {

class HttpScoreServer final : public ScoreServer {
 public:
  HttpScoreServer(ModelRepository& repository, const Options& options)
      : rest_(repository, {.threads = options.http.threads,
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
    return {};
  }

  const std::vector<std::string>& addresses() const override { return server_->addresses(); }
  std::vector<std::string> routes() const override {
    std::vector<std::string> routes;
    for (const auto& route : detail::RestRoutes()) routes.push_back(std::string(route.method) + ' ' + std::string(route.pattern));
    return routes;
  }

 private:
  detail::RestServer rest_;
  std::unique_ptr<net::HttpServer> server_;  // last: it stops calling the other first
};

}  // namespace

Result<std::unique_ptr<ScoreServer>> ScoreServer::Start(ModelRepository& repository, Options options) {
  auto server = std::make_unique<HttpScoreServer>(repository, options);
  EDGEWISE_TRY(server->Listen(options));
  return server;
}

}  // namespace edgewise::score
