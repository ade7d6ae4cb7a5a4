#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "score/model_version.h"

namespace edgewise::score {

/// What a model is made of, wherever it came from.
struct ModelFiles {
  std::string onnx;
  std::string card;  ///< model.json; empty: none.
};

/// The models of a scorer and their versions: loads them beside the running ones, warms them up, swaps at once, drains the old ones.
/// A failed load keeps what ran and says why (Index()).
/// Lifecycle: Open() loads what there is to load at the start; the destructor answers jobs that wait and those that run with kUnavailable:
/// runs are stopped, as those are whose deadline passes.
/// Threads: any number; Find() takes no lock that a load holds.
class ModelRepository {
 public:
  struct Options {
    std::size_t threads = 1;             ///< I/O threads that call ModelVersion::Run().
    std::size_t workers = 1;             ///< Threads for models that are too slow for an I/O thread.
    std::size_t queue_jobs = 1024;       ///< Waiting for workers, per model; one more is kResourceExhausted.
    std::size_t queue_bytes = 64 << 20;  ///< Likewise, of their inputs.
    std::size_t max_rows = 16384;
    std::chrono::milliseconds warm_up{10'000};  ///< A version whose runs on zeros do not end in it is loaded, and what it costs not known.
    std::size_t memory_budget = 0;  ///< Bytes of loaded models; the least recently used are let go. 0: no bound, all are loaded at start.
    bool exclusive = false;         ///< Nothing is loaded at start or by a request, only by Load() ("explicit" in Triton's words).
    /// Loads ONNX bytes; empty: OpenOnnxModel().
    std::function<Result<std::unique_ptr<ModelEngine>>(std::string_view onnx)> open_engine;
    /// Fetches the files of a model that a folder only names, "host:port/repository@sha256:...": whoever wires the process knows registries
    /// (house rule 1). Empty: such models are refused.
    std::function<Result<ModelFiles>(std::string_view reference)> fetch;
  };

  struct Entry {
    std::string model;
    std::string version;
    std::string state;   ///< "READY", "UNAVAILABLE", "LOADING", as the protocol has them.
    std::string reason;  ///< Why it is unavailable.
  };

  /// Which version answers, and which one only takes note.
  struct Choice {
    std::shared_ptr<ModelVersion> version;  // shared by the requests in flight and the repository
    std::shared_ptr<ModelVersion> shadow;   // null: none
  };

  /// A folder of models (`NAME/1/model.onnx`, or `NAME/model.onnx`; docs/formats/repository.md).
  /// Errors: kNotFound (no such folder), kFailedPrecondition (no ONNX Runtime). A model that cannot be loaded is an entry with a reason.
  static Result<std::unique_ptr<ModelRepository>> Open(Files& files, const std::filesystem::path& folder, Options options);
  /// One model of one folder (model.onnx, model.json), under a name. Errors: as loading: it is the only one.
  static Result<std::unique_ptr<ModelRepository>> OpenOne(Files& files, const std::filesystem::path& folder, std::string name,
                                                          Options options);
  virtual ~ModelRepository() = default;

  /// `version`: a number, a label ("stable"), or empty: the model's own choice (weights; `sticky` keeps equal keys together).
  /// Errors: kNotFound (model or version: names them), kUnavailable (known and not loaded, with the reason), kAborted: known, cold, and
  /// may be loaded by a request: call Warm().
  virtual Result<Choice> Find(std::string_view model, std::string_view version, std::string_view sticky) = 0;
  /// Loads a cold model off this thread, once for all who ask, then calls `then` on another thread, with the error if it could not be
  /// loaded. `then` must be quick: other cold models wait for it. Until the next Find() the model may have had to make room again.
  virtual void Warm(std::string model, std::function<void(Result<void>)> then) = 0;

  virtual Result<void> Load(
      std::string_view model) = 0;  ///< Blocks until it is ready: not on an I/O thread. Errors: kNotFound, as loading.
  virtual Result<void> Unload(std::string_view model) = 0;  ///< Errors: kNotFound. Later requests: kUnavailable.
  virtual std::vector<Entry> Index() const = 0;             ///< Every model and version, by name.
  /// Every loaded version, by model and number: for statistics and metrics. Does not count as a use.
  virtual std::vector<std::shared_ptr<ModelVersion>> Loaded() const { return {}; }
  /// Answers with kUnavailable what waits, at once, and what runs, as soon as it can be stopped; for good. ready() is false from now on.
  virtual void Stop() {}
  virtual bool ready() const = 0;  ///< The models of the start are loaded, unless none could be; false once stopping.
};

}  // namespace edgewise::score
