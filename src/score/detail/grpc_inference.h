#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "score/detail/grpc_answer.h"
#include "score/detail/grpc_request.h"
#include "score/detail/grpc_tensors.h"
#include "score/model_repository.h"

namespace edgewise::score::detail {

/// What the messages of all calls that wait for cold models may take together. Threads: any number.
class ColdBytes {
 public:
  explicit ColdBytes(std::size_t limit) : limit_(limit) {}
  /// Errors: kResourceExhausted. Whatever was taken is given back.
  Result<void> Take(std::size_t bytes);
  void Give(std::size_t bytes) { taken_ -= bytes; }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> taken_{0};
};

/// One inference after another: message in, message out. Keeps its memory between them.
/// Lifecycle: must outlive the call of Answered(). Threads: Start() on the I/O thread of index `thread`, one inference at a time.
class GrpcInference {
 public:
  /// `thread`: index for ModelVersion::Run().
  GrpcInference(ModelRepository& repository, ColdBytes& cold, std::size_t thread);
  virtual ~GrpcInference();

  /// Scores the ModelInferRequest in `message`, which lives until Answered(). That is called exactly once, before this returns or later
  /// from another thread.
  void Start(std::string_view message, Deadline deadline, std::string_view sticky);

 protected:
  /// `error`: null, and answer() is there. The last that the inference does with itself: it may be started again, or destroyed.
  virtual void Answered(const Error* error) = 0;
  /// The inference leaves the thread of Start(), perhaps for long: from now on Gone() is asked. Perhaps again, from another thread.
  virtual void Waits() {}
  /// Whether the client has gone. Any thread.
  virtual bool Gone() const { return false; }
  /// A ModelInferResponse; after an error, one that holds no more than the request's id.
  const std::string& answer() const { return answer_; }
  void Forget();  ///< Gives back what one large inference took.

 private:
  class InferJob;
  friend class InferJob;
  /// `kWarm`: after the model was loaded for this request, on a thread that may not run it.
  enum class Try { kFirst, kWarm };

  void Run(Try which);
  void Warm();
  void Complete(const Result<std::span<const TensorView>>& outputs, Job& job);
  void Refuse(const Error& error);

  ModelRepository& repository_;
  ColdBytes& cold_;
  std::size_t thread_;
  std::size_t bytes_ = 0;  // of the message
  GrpcRequest request_;
  Deadline deadline_ = Deadline::Never();
  std::string sticky_;
  std::chrono::steady_clock::time_point began_;
  ModelRepository::Choice choice_;
  std::vector<InputValues> values_;
  std::unique_ptr<InferJob> job_;  // null while the workers have it
  std::string answer_;
};

}  // namespace edgewise::score::detail
