#include "score/score_server.h"

#include <fmt/format.h>

#include <set>

#include "score/detail/model_routes.h"

namespace edgewise::score {
namespace {

class HttpScoreServer final : public ScoreServer {
 public:
  HttpScoreServer(std::vector<ServedModel> models, std::chrono::milliseconds limit) : routes_(std::move(models), limit, metrics_) {
    routes_.AddTo(router_);
  }

  Result<void> Listen(const Options& options) {
    const auto handler = [this](net::HttpRequest request, net::Responder responder) { router_(std::move(request), std::move(responder)); };
    EDGEWISE_ASSIGN(server_, net::HttpServer::Start(options.addresses, handler, options.http));
    return {};
  }

  const std::vector<std::string>& addresses() const override { return server_->addresses(); }
  std::vector<std::string> routes() const override { return router_.routes(); }

 private:
  Metrics metrics_;
  detail::ModelRoutes routes_;
  net::Router router_;
  std::unique_ptr<net::HttpServer> server_;  // last: it stops calling the others first
};

}  // namespace

Result<std::unique_ptr<ScoreServer>> ScoreServer::Start(std::vector<ServedModel> models, Options options) {
  std::set<std::string> names;
  for (const auto& model : models) {
    if (!names.insert(model.name).second) return Fail(Code::kInvalidArgument, fmt::format("model \"{}\" is named twice", model.name));
  }
  if (names.empty()) return Fail(Code::kInvalidArgument, "no model to serve");
  auto server = std::make_unique<HttpScoreServer>(std::move(models), options.score_limit);
  EDGEWISE_TRY(server->Listen(options));
  return server;
}

}  // namespace edgewise::score
