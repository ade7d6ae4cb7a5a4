#pragma once

#include <memory>
#include <span>
#include <vector>

#include "score/job.h"
#include "score/model_engine.h"

namespace edgewise::score::detail {

/// Whether both may be rows of one run: the same outputs, and inputs that differ in their first axis only.
bool CanJoin(const Job& one, const Job& other);

/// Joins the rows of several jobs into one run's inputs and cuts its outputs apart again. Keeps its buffers from batch to batch.
/// Threads: one at a time.
class JoinedRows {
 public:
  /// The inputs of all jobs, which CanJoin(), one behind the other; valid until the next call.
  std::span<const TensorView> Join(std::span<const std::unique_ptr<Job>> jobs);
  /// False: the outputs do not have a row for each row that went in.
  bool Splits(std::span<const TensorView> outputs) const;
  /// The rows of the job behind those that were cut off before; valid until the next call.
  std::span<const TensorView> Cut(std::span<const TensorView> outputs, const Job& job);

 private:
  void JoinInput(std::size_t input, std::span<const std::unique_ptr<Job>> jobs);

  std::size_t rows_ = 0;
  std::size_t cut_ = 0;
  std::vector<TensorView> joined_;
  std::vector<TensorView> part_;
  std::vector<std::vector<std::int64_t>> shapes_;
  std::vector<std::vector<std::int64_t>> part_shapes_;
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<std::vector<std::string_view>> texts_;
};

}  // namespace edgewise::score::detail
