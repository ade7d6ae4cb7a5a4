#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "score/tensor.h"

namespace edgewise::score {

/// Where the time of one request went. Zero where a stage did not happen.
struct StageTimes {
  std::chrono::nanoseconds queue{0};   ///< Waiting for a worker, and for others to be joined with.
  std::chrono::nanoseconds input{0};   ///< Parsing, encoding, joining.
  std::chrono::nanoseconds infer{0};   ///< In the engine.
  std::chrono::nanoseconds output{0};  ///< Cutting apart; writing is the protocol's and follows.
  std::size_t batch_rows = 0;          ///< Rows of the run that this request was part of.
};

/// One request for one version of a model, as every protocol hands it over: tensors in, tensors out.
/// Lifecycle: owned by whoever made it until ModelVersion::Submit() takes it; gone after Done(). Threads: one at a time.
class Job {
 public:
  virtual ~Job() = default;
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  std::vector<TensorView> inputs;    ///< In the signature's order, checked against it. What they point to lives until Done() returns.
  std::vector<std::size_t> outputs;  ///< Indices of the outputs wanted, never empty.
  std::size_t rows = 1;              ///< Of the first axis where the signature batches; else 1.
  Deadline deadline = Deadline::Never();
  StageTimes times;  ///< `input` is the protocol's to fill in; the rest is there when Done() is called.

  /// Whether whoever asked has gone, so that nobody needs the answer: a job that still waits is then not run.
  /// Threads: any, as long as the job waits. Quick: a lock is held.
  virtual bool Abandoned() const { return false; }
  /// Called exactly once, on the thread that ran the job. `outputs` as asked for, valid only during the call.
  /// Errors: as Runner::Run; kCancelled (abandoned) and kDeadlineExceeded: was not run; kUnavailable (the server stops);
  /// kResourceExhausted.
  virtual void Done(const Result<std::span<const TensorView>>& outputs) = 0;
};

}  // namespace edgewise::score
