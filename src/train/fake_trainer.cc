#include "train/fake_trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/detail/dataset_check.h"
#include "train/onnx_writer.h"

namespace edgewise::train {
namespace {

/// Rows and positives on the two sides of a split.
struct Side {
  double rows = 0, positives = 0;
  double Score() const { return (positives + 0.5) / (rows + 1); }
  double Error() const { return rows > 0 ? positives - positives * positives / rows : 0; }
};

struct Split {
  std::int32_t column = 0;
  float threshold = 0;
  Side left, right;
  double Error() const { return left.Error() + right.Error(); }
};

Split Divide(const Dataset& data, std::size_t column, float threshold) {
  Split split{.column = static_cast<std::int32_t>(column), .threshold = threshold, .left = {}, .right = {}};
  for (std::size_t row = 0; row < data.rows(); ++row) {
    auto& side = data.x[row * data.columns + column] < threshold ? split.left : split.right;
    side.rows += 1;
    side.positives += data.y[row];
  }
  return split;
}

Split BestSplit(const Dataset& data) {
  auto best = Divide(data, 0, 0);
  for (std::size_t column = 0; column < data.columns; ++column) {
    std::vector<float> values;
    for (std::size_t at = column; at < data.x.size(); at += data.columns) {
      if (!std::isnan(data.x[at])) values.push_back(data.x[at]);
    }
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    for (std::size_t part = 1; part <= 8; ++part) {
      const auto split = Divide(data, column, values[part * (values.size() - 1) / 9]);
      if (split.Error() < best.Error()) best = split;
    }
  }
  return best;
}

float Margin(double score) { return static_cast<float>(std::log(score / (1 - score))); }

}  // namespace

void FakeTrainer::FailNext(Error error) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
}

std::vector<FakeTrainer::Call> FakeTrainer::calls() const {
  const std::scoped_lock lock(mutex_);
  return calls_;
}

Result<std::string> FakeTrainer::Fit(const Dataset& data, const Recipe& recipe) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(*failure);
    calls_.push_back({.data = data, .recipe = recipe});
  }
  EDGEWISE_TRY(detail::CheckFit(data, recipe));
  const auto split = BestSplit(data);
  Forest forest{.columns = data.columns, .base_margin = 0, .trees = {}};
  forest.trees.push_back({{.left = 1, .right = 2, .feature = split.column, .value = split.threshold, .missing_left = false},
                          {.value = Margin(split.left.Score())},
                          {.value = Margin(split.right.Score())}});
  return WriteOnnx(forest);
}

}  // namespace edgewise::train
