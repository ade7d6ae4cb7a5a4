#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "score/model_repository.h"

namespace edgewise::score {

/// Serves a repository of models over HTTP: Open Inference Protocol v2 with its extensions, KServe v1, plain rows at POST /score/{model},
/// metrics (docs/formats/scoring.md). Quick models run on the I/O thread that read the request, others on the repository's workers.
/// Lifecycle: Start() listens; borrows the repository, whose Options::threads is http.threads or more. The destructor lets requests in
/// flight finish. Errors of Start: as net::HttpServer. Threads: any number.
class ScoreServer {
 public:
  struct Options {
    std::vector<net::Address> addresses;
    std::vector<net::Address> metrics_addresses{};  ///< Where GET /metrics, /livez and /readyz are answered, and nothing else.
    net::HttpServer::Options http = {};
    std::chrono::milliseconds score_limit = std::chrono::seconds(10);  ///< A request that takes longer is answered 504.
    std::size_t compress_from = 1024;                                  ///< Bytes from which an answer is compressed for who takes it.
    std::string sticky_header = "X-Sticky-Key";                        ///< Requests with equal values get the same version.
    bool triton_metrics = false;                                       ///< GET /metrics shows nv_inference_* too.
  };

  static Result<std::unique_ptr<ScoreServer>> Start(ModelRepository& repository, Options options);
  virtual ~ScoreServer() = default;
  virtual const std::vector<std::string>& addresses() const = 0;  ///< As bound.
  virtual std::vector<std::string> metrics_addresses() const = 0;
  virtual std::vector<std::string> routes() const = 0;  ///< "GET /v2/models/{model}" for each.
};

}  // namespace edgewise::score
