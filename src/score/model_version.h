#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "feature/program.h"
#include "score/job.h"
#include "score/model_engine.h"
#include "score/statistics.h"

namespace edgewise::score {

/// What an answer holds where the model computed NaN or infinity, which JSON cannot say. Binary tensors carry both as they are.
enum class NotANumber { kNull, kError };

/// One version of a model, loaded, warmed up and ready; requests in flight keep it alive, the last one gives its memory back.
/// Lifecycle: made by ModelRepository. Threads: any number; Run() needs a thread's own index.
class ModelVersion {
 public:
  virtual ~ModelVersion() = default;
  virtual const std::string& model() const = 0;
  virtual const std::string& version() const = 0;                 ///< "1": the folder's name.
  virtual const std::string& title() const { return version(); }  ///< For people: what model.json calls it, such as "2013-05".
  virtual const Signature& signature() const = 0;
  virtual const std::optional<feature::Program>& program() const = 0;  ///< Of model.json: encodes named values.
  virtual NotANumber not_a_number() const = 0;
  virtual std::size_t max_rows() const = 0;  ///< Of one request.

  /// Whether a request of so many rows is quick enough, as measured when the model was warmed up, to be run on the thread that read it.
  virtual bool RunsInline(std::size_t rows) const = 0;
  /// Runs it now; Done() was called when it returns. `thread`: index of the calling I/O thread, below Options::threads of the repository.
  virtual void Run(std::size_t thread, Job& job) = 0;
  /// Hands it to the workers, which may join it with others. Errors: kResourceExhausted (queue full; job comes to nobody and is dropped,
  /// Done() is not called), kUnavailable (stopping).
  virtual Result<void> Submit(std::unique_ptr<Job> job) = 0;
  /// The same for work that nobody waits for: on a thread of lowest priority, and much sooner refused. Only shadow.h asks for it.
  virtual Result<void> SubmitIdle(std::unique_ptr<Job> job) { return Submit(std::move(job)); }

  virtual Statistics& statistics() = 0;
};

}  // namespace edgewise::score
