#pragma once

#include <memory>
#include <vector>

#include "base/fake_files.h"
#include "base/result.h"
#include "score/engine.h"
#include "score/model_repository.h"
#include "score/score_server.h"
#include "series.h"

namespace edgewise::bench {

/// One row scored in three ways by one model of a size that the flights example has (40 columns, 300 trees of 63 branches, made up by a
/// seed): in process, over a Unix socket with binary tensors (as a site asks its scorer), over TCP with JSON (as a client does).
/// One request at a time: this is what latency allows; the server's thread is in this process and shares its cores.
/// Lifecycle: the series borrow the bench.
class ScoringBench {
 public:
  static Result<std::unique_ptr<ScoringBench>> Make();
  std::vector<Series> series();

 private:
  ScoringBench() = default;
  Result<std::uint64_t> ScoreIn(const score::Engine& engine);
  Result<std::uint64_t> Post();

  std::vector<float> row_;
  std::string body_;
  std::unique_ptr<score::Engine> engine_;
  FakeFiles files_;
  std::unique_ptr<score::ModelRepository> models_;
  std::unique_ptr<score::ScoreServer> server_;
  std::unique_ptr<score::Engine> remote_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace edgewise::bench
