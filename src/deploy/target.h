#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/digest.h"
#include "base/result.h"
#include "score/engine.h"

namespace edgewise::deploy {

/// Files of a pulled and verified model, on the site's disk.
struct ModelOnDisk {
  std::string name;
  Digest digest;                    ///< Of the image manifest.
  std::filesystem::path directory;  ///< Holds model.onnx and model.json.
};

/// A scorer that runs: its engine answers until this object is destroyed, which stops it. Threads: any number.
class Running {
 public:
  virtual ~Running() = default;
  virtual const score::Engine& engine() const = 0;
  virtual bool Alive() = 0;
  virtual void Kill() = 0;      ///< Ends it at once, as a crash would; nothing happens to one that is no process of its own.
  virtual int pid() const = 0;  ///< 0 when it is not a process of its own.
};

/// Where a model is deployed: a child process, in the site itself, podman, Kubernetes.
/// Start() answers when the scorer has scored a row of its own; a scorer that does not get ready by the deadline is stopped.
/// Errors: kInvalidArgument (model cannot be loaded), kDeadlineExceeded (never got ready), kUnavailable, kResourceExhausted.
/// Threads: any number.
class Target {
 public:
  virtual ~Target() = default;
  virtual Result<std::unique_ptr<Running>> Start(const ModelOnDisk& model, Deadline deadline) = 0;
};

}  // namespace edgewise::deploy
