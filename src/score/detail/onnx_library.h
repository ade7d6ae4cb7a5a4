#pragma once

#include <onnxruntime_c_api.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace edgewise::score::detail {

/// The files that are tried for ONNX Runtime, in this order: the one EDGEWISE_ONNXRUNTIME names and no other; beside the executable; in
/// deps/ of the folders above it; the system's names.
std::vector<std::string> OnnxLibraryNames();

/// ONNX Runtime, opened at run time: roles that do not score start without it, and no build is tied to one version of it.
/// Lifecycle: shared by the engines; the library itself stays loaded (its threads and exit handlers cannot be unloaded).
/// Threads: immutable, any number.
class OnnxLibrary {
 public:
  static Result<std::shared_ptr<const OnnxLibrary>> Open();
  ~OnnxLibrary();
  OnnxLibrary(const OnnxLibrary&) = delete;
  OnnxLibrary& operator=(const OnnxLibrary&) = delete;

  const OrtApi& api() const { return *api_; }
  const OrtEnv& environment() const { return *environment_; }
  const std::string& path() const { return path_; }
  const std::string& version() const { return version_; }
  /// Releases `status`; its text is our Error's, after `what`.
  Result<void> Check(OrtStatus* status, std::string_view what) const;

 private:
  OnnxLibrary() = default;

  const OrtApi* api_ = nullptr;
  OrtEnv* environment_ = nullptr;
  std::string path_;
  std::string version_;
};

}  // namespace edgewise::score::detail
