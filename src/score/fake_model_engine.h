#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "score/model_engine.h"

namespace edgewise::score {

/// A ModelEngine for tests: adds, or echoes. What it is told while it works holds for all of its runners.
/// Threads: any number.
class FakeModelEngine final : public ModelEngine {
 public:
  /// Input "features" FP32 [-1,width], output "sum" FP32 [-1,1]: each row's sum plus `bias`; NaN stays NaN. Batches.
  explicit FakeModelEngine(std::size_t width, float bias = 0);
  /// Gives each input back as output "echo_NAME". Batches where the first axis of every one is free.
  explicit FakeModelEngine(std::vector<TensorInfo> inputs);

  /// The next Run() fails so.
  void FailNext(Error error);
  /// From now on runs wait, until Release().
  void Hold();
  void Release();
  /// Whether so many runs wait at once before the deadline.
  bool WaitUntilHeld(std::size_t runs, Deadline deadline) const;
  /// Rows of each run so far, in the order in which they began: the first axis of the first input; 1 where that is a scalar.
  std::vector<std::size_t> runs() const;
  /// What bytes() says from now on.
  void SetBytes(std::size_t bytes);

  const Signature& signature() const override { return signature_; }
  Result<std::unique_ptr<Runner>> MakeRunner() const override;
  std::size_t bytes() const override;

 private:
  friend class FakeRunner;
  /// A run begins: counts it, waits while held, fails if told, or if its runner is stopped.
  Result<void> Begin(std::size_t rows, const bool& stopped) const;
  void Stop(bool& stopped) const;

  Signature signature_;
  std::optional<float> bias_;  // none: echoes
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool held_ = false;
  std::size_t bytes_ = 1000;
  mutable std::size_t waiting_ = 0;
  mutable std::vector<std::size_t> runs_;
  mutable std::optional<Error> failure_;
};

}  // namespace edgewise::score
