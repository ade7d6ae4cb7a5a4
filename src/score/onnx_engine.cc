#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "score/engine.h"
#include "score/model_engine.h"

namespace edgewise::score {
namespace {

constexpr std::size_t kMaxRows = 16384;

/// Runners for any number of threads: as many as there were calls at once.
class Runners {
 public:
  explicit Runners(const ModelEngine& engine) : engine_(engine) {}

  Result<std::unique_ptr<Runner>> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto runner = std::move(free_.back());
        free_.pop_back();
        return runner;
      }
    }
    return engine_.MakeRunner();
  }
  void GiveBack(std::unique_ptr<Runner> runner) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(runner));
  }

 private:
  const ModelEngine& engine_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Runner>> free_;
};

/// Rows in, probabilities out, over a model of one input of float32 and one output of it that is looked at.
class OnnxEngine final : public Engine {
 public:
  OnnxEngine(std::unique_ptr<ModelEngine> model, std::size_t output) : model_(std::move(model)), output_(output), runners_(*model_) {
    const auto& shape = model_->signature().outputs[output].shape;
    width_ = static_cast<std::size_t>(model_->signature().inputs[0].shape[1]);
    classes_ = shape.size() == 2 ? static_cast<std::size_t>(shape[1]) : 1;
  }

  std::size_t width() const override { return width_; }
  std::size_t classes() const override { return classes_; }
  std::size_t max_rows() const override { return kMaxRows; }

  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override {
    EDGEWISE_ASSIGN(const std::size_t count, CountRows(*this, rows.size()));
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to score");
    EDGEWISE_ASSIGN(auto runner, runners_.Take());
    auto scores = Run(*runner, rows, count);
    runners_.GiveBack(std::move(runner));
    return scores;
  }

 private:
  Result<std::vector<float>> Run(Runner& runner, std::span<const float> rows, std::size_t count) const {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(count), static_cast<std::int64_t>(width_)};
    const TensorView input{.type = DataType::kFp32, .shape = shape, .bytes = std::as_bytes(rows), .strings = {}};
    EDGEWISE_ASSIGN(const auto outputs, runner.Run({&input, 1}, {&output_, 1}));
    std::vector<float> scores(count * classes_);
    const auto bytes = std::as_writable_bytes(std::span(scores));
    if (outputs[0].bytes.size() != bytes.size()) {
      return Fail(Code::kInternal, fmt::format("the model gave an output of shape {} for {} rows", ShapeText(outputs[0].shape), count));
    }
    std::ranges::copy(outputs[0].bytes, bytes.begin());
    return scores;
  }

  std::unique_ptr<ModelEngine> model_;
  std::size_t output_;
  std::size_t width_;
  std::size_t classes_;
  mutable Runners runners_;
};

bool AnyRows(const TensorInfo& tensor) { return tensor.type == DataType::kFp32 && !tensor.shape.empty() && tensor.shape[0] == -1; }
bool IsTable(const TensorInfo& tensor) { return AnyRows(tensor) && tensor.shape.size() == 2 && tensor.shape[1] > 0; }

/// Probabilities when they are called so; otherwise the last output that has one number, or a row of them, for each input row.
std::optional<std::size_t> FindOutput(const std::vector<TensorInfo>& outputs) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool fits = IsTable(outputs[i]) || (AnyRows(outputs[i]) && outputs[i].shape.size() == 1);
    if (fits) found = i;
    if (fits && outputs[i].name == "probabilities") break;
  }
  return found;
}

}  // namespace

Result<std::unique_ptr<Engine>> LoadOnnxEngine(std::string_view onnx) {
  EDGEWISE_ASSIGN(auto model, OpenOnnxModel(onnx));
  const auto& signature = model->signature();
  if (signature.inputs.size() != 1 || !IsTable(signature.inputs[0])) {
    return Fail(Code::kInvalidArgument, fmt::format("the ONNX model has {} input(s); expected one, float32 [any number of rows, features]",
                                                    signature.inputs.size()));
  }
  const auto output = FindOutput(signature.outputs);
  if (!output) return Fail(Code::kInvalidArgument, "the ONNX model has no output of float32 [rows, classes]; export without ZipMap");
  return std::make_unique<OnnxEngine>(std::move(model), *output);
}

}  // namespace edgewise::score
