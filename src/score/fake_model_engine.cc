#include "score/fake_model_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace edgewise::score {
namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 32U;

/// A tensor of our own.
struct Copy {
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;
  std::vector<std::string_view> strings;

  TensorView View(DataType type) {
    strings.assign(texts.begin(), texts.end());
    return {.type = type, .shape = shape, .bytes = bytes, .strings = strings};
  }
};

Copy Echo(const TensorView& view) {
  return {.shape = {view.shape.begin(), view.shape.end()},
          .bytes = {view.bytes.begin(), view.bytes.end()},
          .texts = {view.strings.begin(), view.strings.end()},
          .strings = {}};
}

Copy Sum(const TensorView& view, float bias) {
  const auto rows = static_cast<std::size_t>(view.shape[0]);
  const std::size_t width = rows == 0 ? 0 : view.bytes.size() / sizeof(float) / rows;
  Copy copy{.shape = {view.shape[0], 1}, .bytes = std::vector<std::byte>(rows * sizeof(float)), .texts = {}, .strings = {}};
  for (std::size_t row = 0; row < rows; ++row) {
    float sum = bias;
    for (std::size_t column = 0; column < width; ++column) {
      float value = 0;
      std::memcpy(&value, view.bytes.data() + (row * width + column) * sizeof(float), sizeof(float));
      sum += value;
    }
    std::memcpy(copy.bytes.data() + row * sizeof(float), &sum, sizeof(float));
  }
  return copy;
}

Result<void> CheckSize(const TensorInfo& info, const TensorView& view) {
  EDGEWISE_TRY(Check(info, view.type, view.shape));
  const auto elements = CountElements(view.shape, kMostElements);
  const bool strings = view.type == DataType::kBytes;
  if (elements && (strings ? view.strings.size() == *elements : view.bytes.size() == *elements * SizeOf(view.type))) return {};
  return Fail(Code::kInvalidArgument,
              fmt::format("input \"{}\" has {} bytes for shape {}", info.name, view.bytes.size(), ShapeText(view.shape)));
}

bool FreeFirstAxis(const TensorInfo& tensor) { return !tensor.shape.empty() && tensor.shape[0] == -1; }

}  // namespace

class FakeRunner final : public Runner {
 public:
  explicit FakeRunner(const FakeModelEngine& engine) : engine_(engine) {}

  Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
    const auto& signature = engine_.signature();
    if (inputs.size() != signature.inputs.size() || outputs.empty()) return Fail(Code::kInvalidArgument, "not the model's inputs");
    for (std::size_t i = 0; i < inputs.size(); ++i) EDGEWISE_TRY(CheckSize(signature.inputs[i], inputs[i]));
    const auto& shape = inputs[0].shape;
    EDGEWISE_TRY(engine_.Begin(shape.empty() ? 1 : static_cast<std::size_t>(shape[0]), stopped_));
    copies_.clear();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::size_t index = outputs[i];
      if (index >= signature.outputs.size()) return Fail(Code::kInvalidArgument, fmt::format("there is no output {}", index));
      if (std::ranges::count(outputs, index) > 1) return Fail(Code::kInvalidArgument, fmt::format("output {} is asked for twice", index));
      copies_.push_back(engine_.bias_ ? Sum(inputs[0], *engine_.bias_) : Echo(inputs[index]));
    }
    views_.clear();
    for (std::size_t i = 0; i < outputs.size(); ++i) views_.push_back(copies_[i].View(signature.outputs[outputs[i]].type));
    return views_;
  }

  void Stop() override { engine_.Stop(stopped_); }

 private:
  const FakeModelEngine& engine_;
  bool stopped_ = false;  // guarded by the engine's mutex
  std::vector<Copy> copies_;
  std::vector<TensorView> views_;
};

FakeModelEngine::FakeModelEngine(std::size_t width, float bias) : bias_(bias) {
  signature_.inputs = {{.name = "features", .type = DataType::kFp32, .shape = {-1, static_cast<std::int64_t>(width)}}};
  signature_.outputs = {{.name = "sum", .type = DataType::kFp32, .shape = {-1, 1}}};
  signature_.batches = true;
}

FakeModelEngine::FakeModelEngine(std::vector<TensorInfo> inputs) {
  signature_.batches = std::ranges::all_of(inputs, FreeFirstAxis);
  signature_.outputs = inputs;
  for (auto& output : signature_.outputs) output.name.insert(0, "echo_");
  signature_.inputs = std::move(inputs);
}

void FakeModelEngine::FailNext(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

void FakeModelEngine::Hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeModelEngine::Release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

bool FakeModelEngine::WaitUntilHeld(std::size_t runs, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline.Left(), [&] { return waiting_ >= runs; });
}

std::vector<std::size_t> FakeModelEngine::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

void FakeModelEngine::SetBytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ = bytes;
}

std::size_t FakeModelEngine::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Result<std::unique_ptr<Runner>> FakeModelEngine::MakeRunner() const { return std::make_unique<FakeRunner>(*this); }

Result<void> FakeModelEngine::Begin(std::size_t rows, const bool& stopped) const {
  std::unique_lock lock(mutex_);
  runs_.push_back(rows);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !held_ || stopped; });
  --waiting_;
  if (stopped) return Fail(Code::kCancelled, "the run was stopped");
  if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
  return {};
}

void FakeModelEngine::Stop(bool& stopped) const {
  const std::lock_guard lock(mutex_);
  stopped = true;
  changed_.notify_all();
}

}  // namespace edgewise::score
