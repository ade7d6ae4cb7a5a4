#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "train/model.h"

namespace edgewise::train {

/// Rows to learn from: row-major float32 [rows, columns], NaN = missing; label 0 or 1.
struct Dataset {
  std::size_t columns = 0;
  std::vector<float> x;
  std::vector<float> y;
  std::size_t rows() const { return y.size(); }
};

/// Fits gradient-boosted trees and gives them as ONNX bytes.
/// Deterministic: same rows and recipe, same bytes, for 1 or 2 threads.
/// Errors: kInvalidArgument (no rows, sizes that do not fit, a label that is not 0 or 1, a recipe out of range), kInternal (library).
/// Threads: any number of Fit() calls at once, each takes up to two cores.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual Result<std::string> Fit(const Dataset& data, const Recipe& recipe) = 0;
};

}  // namespace edgewise::train
