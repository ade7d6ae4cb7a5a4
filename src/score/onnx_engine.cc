#include <fmt/format.h>

#include <array>

#include "score/detail/ort_library.h"
#include "score/engine.h"

namespace edgewise::score {
namespace {

constexpr std::size_t kMaxRows = 1u << 16;

Ort::SessionOptions SessionOptions() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.DisableCpuMemArena();  // many small processes share a box: memory matters more than a microsecond
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  return options;
}

class OnnxEngine final : public Engine {
 public:
  explicit OnnxEngine(std::string_view onnx) : session_(detail::OrtEnvironment(), onnx.data(), onnx.size(), SessionOptions()) {
    Ort::AllocatorWithDefaultOptions allocator;
    input_ = session_.GetInputNameAllocated(0, allocator).get();
    width_ = static_cast<std::size_t>(session_.GetInputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape().at(1));
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      const auto type = session_.GetOutputTypeInfo(i);
      if (type.GetONNXType() != ONNX_TYPE_TENSOR) continue;
      const auto info = type.GetTensorTypeAndShapeInfo();
      if (info.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || info.GetShape().size() != 2) continue;
      output_ = session_.GetOutputNameAllocated(i, allocator).get();
      classes_ = static_cast<std::size_t>(info.GetShape()[1]);
    }
  }
  bool usable() const { return !output_.empty() && width_ > 0 && width_ < (1u << 20) && classes_ > 0 && classes_ < (1u << 16); }

  std::size_t width() const override { return width_; }
  std::size_t classes() const override { return classes_; }
  std::size_t max_rows() const override { return kMaxRows; }
  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override;

 private:
  mutable Ort::Session session_;  // Run() is thread-safe and not const
  std::string input_, output_;
  std::size_t width_ = 0, classes_ = 0;
};

Result<std::vector<float>> OnnxEngine::Score(std::span<const float> rows, Deadline deadline) const {
  const auto count = rows.size() / width_;
  if (rows.empty() || rows.size() % width_ != 0) {
    return Fail(Code::kInvalidArgument, fmt::format("{} numbers are not whole rows of {}", rows.size(), width_));
  }
  if (count > kMaxRows) return Fail(Code::kResourceExhausted, fmt::format("{} rows in one request; at most {}", count, kMaxRows));
  if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to score");
  std::vector<float> scores(count * classes_);
  try {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
    const std::array in_shape{static_cast<std::int64_t>(count), static_cast<std::int64_t>(width_)};
    const std::array out_shape{static_cast<std::int64_t>(count), static_cast<std::int64_t>(classes_)};
    // The C API takes a mutable pointer and does not write through it.
    const auto in = Ort::Value::CreateTensor<float>(memory, const_cast<float*>(rows.data()), rows.size(), in_shape.data(), in_shape.size());
    auto out = Ort::Value::CreateTensor<float>(memory, scores.data(), scores.size(), out_shape.data(), out_shape.size());
    const std::array in_names{input_.c_str()};
    const std::array out_names{output_.c_str()};
    session_.Run(Ort::RunOptions{nullptr}, in_names.data(), &in, 1, out_names.data(), &out, 1);
  } catch (const Ort::Exception& error) {
    return Fail(Code::kInternal, fmt::format("ONNX Runtime: {}", error.what()));
  }
  return scores;
}

}  // namespace

Result<std::unique_ptr<Engine>> LoadOnnxEngine(std::string_view onnx) {
  EDGEWISE_TRY(detail::OpenOrt());
  try {
    auto engine = std::make_unique<OnnxEngine>(onnx);
    if (!engine->usable())
      return Fail(Code::kInvalidArgument, "the model needs one float input [N, columns] and a float output [N, classes]");
    return std::unique_ptr<Engine>(std::move(engine));
  } catch (const std::exception& error) {  // Ort::Exception, or a shape without a second dimension
    return Fail(Code::kInvalidArgument, fmt::format("the model cannot be loaded: {}", error.what()));
  }
}

}  // namespace edgewise::score
