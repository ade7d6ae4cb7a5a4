#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace edgewise::score {

/// Scores feature rows with one loaded model.
/// Lifecycle: made by LoadOnnxEngine() (or a fake); immutable after; outlives no Score() call.
/// Input: row-major float32 [rows, width()], 1 <= rows <= max_rows(); NaN means missing.
/// Output: float32 [rows, classes()], same order. Errors: kInvalidArgument (width, zero rows), kResourceExhausted (too many rows),
/// kDeadlineExceeded, kInternal (engine fault). Threads: any number of Score() calls at once.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::size_t width() const = 0;
  virtual std::size_t classes() const = 0;
  virtual std::size_t max_rows() const = 0;
  virtual Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const = 0;
};

/// How many rows so many values are. Errors: kInvalidArgument (none, or not whole rows), kResourceExhausted (over max_rows()).
Result<std::size_t> CountRows(const Engine& engine, std::size_t values);

/// Loads ONNX bytes with ONNX Runtime, opened at run time. Errors: kInvalidArgument (not a model we can run, says why),
/// kFailedPrecondition (library not found; names the places looked at and tools/bootstrap).
Result<std::unique_ptr<Engine>> LoadOnnxEngine(std::string_view onnx);

}  // namespace edgewise::score
