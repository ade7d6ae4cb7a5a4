#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "train/trainer.h"

namespace edgewise::train {

/// A Trainer for tests: one tree of one split (the column and threshold with the least squared error among eight thresholds a column).
/// Remembers what it was given. FailNext() makes the next Fit() fail.
class FakeTrainer final : public Trainer {
 public:
  void FailNext(Error error);
  Result<std::string> Fit(const Dataset& data, const Recipe& recipe) override;

  struct Call {
    Dataset data;
    Recipe recipe;
  };
  std::vector<Call> calls() const;

 private:
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::vector<Call> calls_;
};

}  // namespace edgewise::train
