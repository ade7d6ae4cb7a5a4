#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "base/files.h"
#include "deploy/desired_state.h"
#include "deploy/target.h"
#include "package/image.h"
#include "train/model.h"

namespace edgewise::deploy {

/// A model whose files have been checked.
struct CheckedModel {
  ModelOnDisk disk;
  std::shared_ptr<const train::ModelCard> card;  // shared by whoever uses the model while it is live
};

/// Pulled models on the site's disk: `<folder>/<digest hex>/{model.onnx, model.json, files.json}`. files.json holds the digests of the
/// other two and is written last: without it a pull is not complete. Threads: any number; what is removed must not be in use.
class ModelFolder {
 public:
  ModelFolder(std::filesystem::path folder, Files& files) : folder_(std::move(folder)), files_(files) {}

  /// Errors: kNotFound (not pulled, or not completely), kDataLoss (bytes changed on disk), kInvalidArgument (model.json).
  Result<CheckedModel> Get(const DesiredModel& model);
  /// Durably keeps model.onnx and model.json of an image; other files are not needed here. Errors: kInvalidArgument (one is missing).
  Result<CheckedModel> Put(const DesiredModel& model, const std::vector<package::File>& image);
  /// Removes every model but these; answers how many went. What could not be removed is tried again by the next call.
  Result<std::size_t> KeepOnly(const std::set<Digest>& digests);

 private:
  std::filesystem::path PathOf(const Digest& digest) const { return folder_ / digest.Hex(); }

  std::filesystem::path folder_;
  Files& files_;
};

}  // namespace edgewise::deploy
