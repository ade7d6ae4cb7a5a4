#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "deploy/target.h"

namespace edgewise::deploy {

/// Each scorer is a child process: `<program> score serve --socket S --model-dir D --name N --lifeline`, which ends when we do, whatever
/// our end is. Start() waits for its "ready" line and for one scored row; a child that is not ready in time is killed by its pid.
/// The destructor of a Running gives the child `patience` to end. Errors: as Target.
class ProcessTarget final : public Target {
 public:
  struct Options {
    std::filesystem::path program;        ///< The edgewise binary.
    std::filesystem::path socket_folder;  ///< Must be there; its path short enough for a socket (kInvalidArgument).
    std::filesystem::path log;            ///< Children's standard error is appended; empty: ours.
    std::vector<std::string> arguments = {"score", "serve"};
    std::chrono::milliseconds patience = std::chrono::seconds(5);
  };
  explicit ProcessTarget(Options options) : options_(std::move(options)) {}
  Result<std::unique_ptr<Running>> Start(const ModelOnDisk& model, Deadline deadline) override;

 private:
  Result<std::filesystem::path> NextSocket(const ModelOnDisk& model);

  Options options_;
  std::atomic<unsigned> started_ = 0;
};

}  // namespace edgewise::deploy
