#include <fmt/format.h>

#include <algorithm>

#include "score/detail/onnx_session.h"
#include "score/engine.h"

namespace edgewise::score {
namespace {

using detail::OnnxSession;
using detail::Tensor;

constexpr std::size_t kMaxRows = 16384;

class OnnxEngine final : public Engine {
 public:
  OnnxEngine(std::unique_ptr<OnnxSession> session, Tensor input, Tensor output)
      : session_(std::move(session)),
        input_(std::move(input)),
        output_(std::move(output)),
        width_(static_cast<std::size_t>(input_.shape[1])),
        classes_(output_.shape.size() == 2 ? static_cast<std::size_t>(output_.shape[1]) : 1) {}

  std::size_t width() const override { return width_; }
  std::size_t classes() const override { return classes_; }
  std::size_t max_rows() const override { return kMaxRows; }

  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override {
    EDGEWISE_ASSIGN(const std::size_t count, CountRows(*this, rows.size()));
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to score");
    std::vector<float> out(count * classes_);
    EDGEWISE_TRY(session_->Run(input_, rows, output_, out, count));
    return out;
  }

 private:
  std::unique_ptr<OnnxSession> session_;
  Tensor input_;
  Tensor output_;
  std::size_t width_;
  std::size_t classes_;
};

bool AnyRows(const Tensor& tensor) { return tensor.float32 && !tensor.shape.empty() && tensor.shape[0] == -1; }
bool IsTable(const Tensor& tensor) { return AnyRows(tensor) && tensor.shape.size() == 2 && tensor.shape[1] > 0; }

/// Probabilities when they are called so; otherwise the last output that has one number, or a row of them, for each input row.
const Tensor* FindOutput(const std::vector<Tensor>& outputs) {
  const Tensor* found = nullptr;
  for (const auto& output : outputs) {
    const bool fits = IsTable(output) || (AnyRows(output) && output.shape.size() == 1);
    if (fits && output.name == "probabilities") return &output;
    if (fits) found = &output;
  }
  return found;
}

}  // namespace

Result<std::unique_ptr<Engine>> LoadOnnxEngine(std::string_view onnx) {
  EDGEWISE_ASSIGN(auto session, OnnxSession::Open(onnx));
  if (session->inputs().size() != 1 || !IsTable(session->inputs()[0])) {
    return Fail(Code::kInvalidArgument, fmt::format("the ONNX model has {} input(s); expected one, float32 [any number of rows, features]",
                                                    session->inputs().size()));
  }
  const Tensor* output = FindOutput(session->outputs());
  if (output == nullptr) {
    return Fail(Code::kInvalidArgument, "the ONNX model has no output of float32 [rows, classes]; export without ZipMap");
  }
  Tensor input = session->inputs()[0];
  Tensor chosen = *output;
  return std::make_unique<OnnxEngine>(std::move(session), std::move(input), std::move(chosen));
}

}  // namespace edgewise::score
