#pragma once

#include <memory>
#include <string>

#include "score/detail/model_folder.h"
#include "score/loaded_version.h"

namespace edgewise::score::detail {

/// What all versions of a repository share, and what becomes of one that nobody holds any more.
struct Workshop {
  const ModelRepository::Options& options;
  std::shared_ptr<WorkerPool> pool;
  std::shared_ptr<WorkerPool> idle_pool;
  std::shared_ptr<Watchdog> watchdog;
  std::function<void(std::unique_ptr<LoadedVersion>)> release;
};

struct ReadyVersion {
  std::shared_ptr<LoadedVersion> version;  // shared by routes and requests
  std::string remark;                      ///< Loaded, but: the warm-up was refused.
};

/// Makes a version of the files of a model: card, engine, warm-up. Errors: kInvalidArgument (card or model cannot be used: says why),
/// as OpenOnnxModel().
Result<ReadyVersion> LoadVersion(const Workshop& workshop, std::string model, std::uint64_t number, ModelFiles files,
                                 ModelSettings settings);

}  // namespace edgewise::score::detail
