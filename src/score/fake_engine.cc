#include "score/fake_engine.h"

#include <cmath>

namespace edgewise::score {

void FakeEngine::FailNext(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

Result<std::vector<float>> FakeEngine::Score(std::span<const float> rows, Deadline deadline) const {
  ++calls_;
  {
    const std::lock_guard lock(mutex_);
    if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
  }
  EDGEWISE_ASSIGN(const std::size_t count, CountRows(*this, rows.size()));
  if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to score");
  std::vector<float> out;
  for (std::size_t row = 0; row < count; ++row) {
    float sum = bias_;
    for (const float value : rows.subspan(row * width_, width_)) sum += std::isnan(value) ? 0 : value;
    const float probability = 1 / (1 + std::exp(-sum));
    out.insert(out.end(), {1 - probability, probability});
  }
  return out;
}

}  // namespace edgewise::score
