#pragma once

#include <xgboost/c_api.h>

#include "train/trainer.h"

namespace edgewise::train::detail {

/// XGBoost's answer as a Result: kInternal with its own words.
Result<void> Checked(int answer);

/// Rows in XGBoost's quantised form: one byte a value instead of the twelve of its plain matrix. Owns the handle.
class QuantileMatrix {
 public:
  static Result<QuantileMatrix> Make(const Dataset& data, int max_bin, int threads);
  QuantileMatrix(QuantileMatrix&& other) noexcept;
  QuantileMatrix& operator=(QuantileMatrix&&) = delete;
  ~QuantileMatrix();

  DMatrixHandle handle() const { return handle_; }

 private:
  explicit QuantileMatrix(DMatrixHandle handle) : handle_(handle) {}

  DMatrixHandle handle_;
};

}  // namespace edgewise::train::detail
