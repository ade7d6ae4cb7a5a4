#pragma once

#include <string>

#include "base/result.h"
#include "score/score_server.h"

namespace edgewise::score {

/// `edgewise score serve`: one scorer as a whole process.
struct ScorerProcess {
  std::vector<net::Address> addresses;  ///< Such as "unix:/path" for --socket.
  std::filesystem::path directory;      ///< Holds model.onnx and model.json.
  std::string name;                     ///< What the model is called by clients.
  bool json = false;                    ///< Says {"ready":[ADDRESS...]} instead of "ready ADDRESS...".
  bool lifeline = false;                ///< Stops when standard input ends: the parent keeps it open, and is gone when it closes.
};

/// Serves until SIGTERM, SIGINT or the end of the lifeline. Call it before any thread is started: it blocks these signals.
/// Prints one line to standard output: "ready ADDRESS..." when it answers requests, or "failed CODE message", which it also returns.
Result<void> RunScorer(const ScorerProcess& process);

}  // namespace edgewise::score
