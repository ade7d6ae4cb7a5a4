#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "score/engine.h"

namespace edgewise::score {

/// An Engine in another process: speaks the Open Inference Protocol with binary tensors over HTTP on a Unix socket.
/// One connection, kept open. Errors as Engine, and kUnavailable (the process is gone). Threads: one Score() at a time.
Result<std::unique_ptr<Engine>> ConnectScorer(const std::filesystem::path& socket, std::string model, Deadline deadline);

}  // namespace edgewise::score
