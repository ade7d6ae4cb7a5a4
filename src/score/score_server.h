#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"
#include "score/served_model.h"

namespace edgewise::score {

/// Serves models over HTTP: Open Inference Protocol v2 (JSON and binary tensors), plain rows at POST /score/{model}, GET /metrics
/// (docs/formats/scoring.md). Scores on the server's I/O thread: models are small, a hand-over would cost more than the score.
/// Lifecycle: Start() listens, with every model ready; the destructor lets requests in flight finish.
/// Errors of Start: as net::HttpServer, kInvalidArgument (no model, two of one name). Threads: any number.
class ScoreServer {
 public:
  struct Options {
    std::vector<net::Address> addresses;
    net::HttpServer::Options http;
    std::chrono::milliseconds score_limit = std::chrono::seconds(10);  ///< A request that takes longer is answered 504.
  };

  static Result<std::unique_ptr<ScoreServer>> Start(std::vector<ServedModel> models, Options options);
  virtual ~ScoreServer() = default;
  virtual const std::vector<std::string>& addresses() const = 0;  ///< As bound.
  virtual std::vector<std::string> routes() const = 0;
};

}  // namespace edgewise::score
