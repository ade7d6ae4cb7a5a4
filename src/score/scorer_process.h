#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "score/grpc_server.h"
#include "score/model_repository.h"
#include "score/score_server.h"

namespace edgewise::score {

/// `edgewise score serve`: one scorer as a whole process, over one model or a folder of them.
struct ScorerProcess {
  std::filesystem::path repository;  ///< Folder of models (docs/formats/repository.md); or
  std::filesystem::path directory;   ///< one model's folder (model.onnx and model.json),
  std::string name;                  ///< and what clients call that model.
  ScoreServer::Options server;       ///< Addresses of HTTP, such as "unix:/path" for --socket; limits; metrics.
  std::optional<net::Address> grpc;  ///< Nothing: no gRPC.
  GrpcServer::Limits grpc_limits;    ///< But for message_bytes, which is HTTP's max_body.
  ModelRepository::Options models;   ///< `threads` is reckoned from the servers'.
  bool json = false;                 ///< Says {"ready":{"http":[...],"grpc":"...","models":N}} instead of a line of text.
  bool lifeline = false;             ///< Stops when standard input ends: the parent keeps it open, and is gone when it closes.
};

/// What `process.grpc`, which must be there, is served with: HTTP's limits hold for both.
GrpcServer::Options GrpcOptionsOf(const ScorerProcess& process);

/// Serves until SIGTERM, SIGINT or the end of the lifeline; then takes no more requests and answers those in flight. Call it before any
/// thread is started: it blocks these signals.
/// Prints one line to standard output: "ready http=ADDRESS,... grpc=ADDRESS models=N" when it answers requests, or
/// "failed CODE message", which it also returns. N counts the models that have a version ready. Models of a repository that cannot be
/// served are named on standard error.
Result<void> RunScorer(const ScorerProcess& process);

}  // namespace edgewise::score
