#pragma once

#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "score/engine.h"

namespace edgewise::score {

/// An Engine without a model: P(1) = logistic(sum of the row's numbers that are there). FailNext() makes the next call fail.
class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(std::size_t width) : width_(width) {}
  void FailNext(Error error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }

  std::size_t width() const override { return width_; }
  std::size_t classes() const override { return 2; }
  std::size_t max_rows() const override { return 1024; }
  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override {
    if (auto failure = TakeFailure()) return std::unexpected(*std::move(failure));
    if (rows.empty() || rows.size() % width_ != 0) return Fail(Code::kInvalidArgument, "not whole rows");
    if (rows.size() / width_ > max_rows()) return Fail(Code::kResourceExhausted, "too many rows");
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left");
    std::vector<float> scores;
    for (std::size_t row = 0; row < rows.size(); row += width_) {
      float sum = 0;
      for (const float value : rows.subspan(row, width_)) sum += std::isnan(value) ? 0 : value;
      const float one = 1 / (1 + std::exp(-sum));
      scores.insert(scores.end(), {1 - one, one});
    }
    return scores;
  }

 private:
  std::optional<Error> TakeFailure() const {
    const std::lock_guard lock(mutex_);
    return std::exchange(failure_, std::nullopt);
  }

  std::size_t width_;
  mutable std::mutex mutex_;
  mutable std::optional<Error> failure_;
};

}  // namespace edgewise::score
