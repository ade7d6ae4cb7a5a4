#include "deploy/fake_target.h"

#include <utility>

#include "score/fake_engine.h"

namespace edgewise::deploy {

/// Dead, it answers like a process that is gone.
class FakeTarget::Scorer final : public Running, public score::Engine {
 public:
  Scorer(std::size_t width, float bias, std::shared_ptr<std::atomic<bool>> alive) : fake_(width, bias), alive_(std::move(alive)) {}
  const score::Engine& engine() const override { return *this; }
  bool Alive() override { return *alive_; }
  void Kill() override { *alive_ = false; }
  int pid() const override { return 0; }

  std::size_t width() const override { return fake_.width(); }
  std::size_t classes() const override { return fake_.classes(); }
  std::size_t max_rows() const override { return fake_.max_rows(); }
  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override {
    if (!*alive_) return Fail(Code::kUnavailable, "the scorer is gone");
    return fake_.Score(rows, deadline);
  }

 private:
  score::FakeEngine fake_;
  std::shared_ptr<std::atomic<bool>> alive_;  // shared with the target, which can let this scorer die
};

void FakeTarget::FailNext(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

void FakeTarget::Kill(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = alive_.equal_range(name);
  for (auto it = begin; it != end; ++it) *it->second = false;
}

std::vector<ModelOnDisk> FakeTarget::starts() const {
  const std::lock_guard lock(mutex_);
  return starts_;
}

int FakeTarget::running() const {
  const std::lock_guard lock(mutex_);
  int count = 0;
  for (const auto& [name, alive] : alive_) count += alive.use_count() > 1 ? 1 : 0;
  return count;
}

Result<std::unique_ptr<Running>> FakeTarget::Start(const ModelOnDisk& model, Deadline deadline) {
  const std::lock_guard lock(mutex_);
  starts_.push_back(model);
  if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
  if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to start a scorer");
  std::error_code ignored;
  if (!std::filesystem::exists(model.directory / "model.onnx", ignored)) {
    return Fail(Code::kInvalidArgument, "model \"" + model.name + "\" has no model.onnx");
  }
  auto alive = std::make_shared<std::atomic<bool>>(true);
  alive_.emplace(model.name, alive);
  return std::make_unique<Scorer>(width_, static_cast<float>(model.digest.bytes()[0]) / 255, std::move(alive));
}

}  // namespace edgewise::deploy
