#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "score/engine.h"

namespace edgewise::score {

/// An Engine for tests: P(label 1) is the logistic of the sum of a row's values (missing counts 0) plus `bias`.
/// FailNext() makes the next Score() fail.
class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(std::size_t width, float bias = 0) : width_(width), bias_(bias) {}
  void FailNext(Error error);
  std::size_t calls() const { return calls_; }

  std::size_t width() const override { return width_; }
  std::size_t classes() const override { return 2; }
  std::size_t max_rows() const override { return 1024; }
  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override;

 private:
  std::size_t width_;
  float bias_;
  mutable std::atomic<std::size_t> calls_{0};
  mutable std::mutex mutex_;
  mutable std::optional<Error> failure_;
};

}  // namespace edgewise::score
