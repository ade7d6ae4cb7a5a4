#include "train/detail/dataset_check.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace edgewise::train::detail {
namespace {

Result<void> CheckData(const Dataset& data) {
  if (data.rows() == 0 || data.columns == 0) return Fail(Code::kInvalidArgument, "training data: no rows or no columns");
  if (data.x.size() != data.rows() * data.columns) {
    return Fail(Code::kInvalidArgument,
                fmt::format("training data: {} values for {} rows of {} columns", data.x.size(), data.rows(), data.columns));
  }
  for (const float label : data.y) {
    if (label != 0 && label != 1) return Fail(Code::kInvalidArgument, "training data: a label is neither 0 nor 1");
  }
  for (const float value : data.x) {
    if (std::isinf(value)) return Fail(Code::kInvalidArgument, "training data: a value is infinite; give NaN for missing");
  }
  return {};
}

Result<void> InRange(std::string_view key, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return Fail(Code::kInvalidArgument, fmt::format("recipe: {} = {} is outside {} .. {}", key, value, low, high));
}

}  // namespace

Result<void> CheckFit(const Dataset& data, const Recipe& recipe) {
  constexpr double tiny = 1e-6;
  EDGEWISE_TRY(InRange("rounds", recipe.rounds, 1, 5000));
  EDGEWISE_TRY(InRange("max_depth", recipe.max_depth, 1, 16));
  EDGEWISE_TRY(InRange("eta", recipe.eta, tiny, 1));
  EDGEWISE_TRY(InRange("min_child_weight", recipe.min_child_weight, 0, 1e9));
  EDGEWISE_TRY(InRange("subsample", recipe.subsample, tiny, 1));
  EDGEWISE_TRY(InRange("colsample", recipe.colsample, tiny, 1));
  EDGEWISE_TRY(InRange("max_bin", recipe.max_bin, 2, 1024));
  EDGEWISE_TRY(InRange("seed", static_cast<double>(recipe.seed), 0, std::numeric_limits<std::int32_t>::max()));
  return CheckData(data);
}

}  // namespace edgewise::train::detail
