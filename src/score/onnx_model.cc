#include "score/detail/onnx_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "score/detail/onnx_binding.h"
#include "score/detail/tree_model.h"
#include "score/model_engine.h"

namespace edgewise::score {
namespace {

// Measured with malloc's own count: a session of a tiny model takes 60 to 90 KiB, one of trees five times its file, others up to twice.
constexpr std::size_t kSession = 96U << 10U;

using detail::OnnxBinding;
using detail::OnnxMemory;
using detail::OnnxSession;

class OnnxRunner final : public Runner {
 public:
  OnnxRunner(const OnnxSession& session, detail::OnnxOwned<OrtRunOptions> options) : session_(session) {
    memory_.options = std::move(options);
    memory_.inputs.resize(session.signature().inputs.size());
    memory_.outputs.resize(session.signature().outputs.size());
    memory_.shapes_decide = !session.facts().branches;
  }

  Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
    const auto fits = [&](const auto& binding) { return binding->Fits(inputs, outputs); };
    auto found = std::ranges::find_if(bindings_, fits);
    if (found == bindings_.end()) {
      EDGEWISE_TRY(Add(inputs, outputs));
      found = std::prev(bindings_.end());
    } else if (found != bindings_.begin()) {
      std::swap(*found, *std::prev(found));  // what is used often comes to the front
      --found;
    }
    auto answer = (*found)->Run(inputs);
    if (!answer && stopped_) return Fail(Code::kCancelled, "the run was stopped");
    return answer;
  }

  void Stop() override {
    stopped_ = true;
    auto* const status = session_.api().RunOptionsSetTerminate(memory_.options.get());
    if (status != nullptr) session_.api().ReleaseStatus(status);
  }

 private:
  static constexpr std::size_t kMostBindings = 64;  // sets of shapes: rows of joined requests, above all

  Result<void> Add(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) {
    const auto& signature = session_.signature();
    const auto known = [&](std::size_t index) { return index < signature.outputs.size(); };
    if (inputs.size() != signature.inputs.size() || outputs.empty() || !std::ranges::all_of(outputs, known)) {
      return Fail(Code::kInvalidArgument, fmt::format("{} inputs and {} wanted outputs; the model has {} inputs and {} outputs",
                                                      inputs.size(), outputs.size(), signature.inputs.size(), signature.outputs.size()));
    }
    EDGEWISE_ASSIGN(auto binding, OnnxBinding::Make(session_, memory_, inputs, outputs));
    std::erase_if(bindings_, [&](const auto& each) { return each->generation() != memory_.generation; });
    if (bindings_.size() == kMostBindings) bindings_.pop_back();
    bindings_.push_back(std::move(binding));
    return {};
  }

  const OnnxSession& session_;
  std::atomic<bool> stopped_ = false;
  OnnxMemory memory_;
  std::vector<std::unique_ptr<OnnxBinding>> bindings_;  // by use, roughly
};

class OnnxModel final : public ModelEngine {
 public:
  OnnxModel(std::unique_ptr<OnnxSession> session, std::size_t file_bytes)
      : session_(std::move(session)), bytes_(kSession + 2 * file_bytes + 4 * session_->facts().tree_bytes) {}
  const Signature& signature() const override { return session_->signature(); }
  Result<std::unique_ptr<Runner>> MakeRunner() const override {
    OrtRunOptions* made = nullptr;
    EDGEWISE_TRY(session_->library().Check(session_->api().CreateRunOptions(&made), "ONNX Runtime"));
    return std::make_unique<OnnxRunner>(*session_, detail::OnnxOwned<OrtRunOptions>(made, {&session_->api()}));
  }
  std::size_t bytes() const override { return bytes_; }

 private:
  std::unique_ptr<OnnxSession> session_;
  std::size_t bytes_;
};

}  // namespace

Result<std::unique_ptr<ModelEngine>> detail::OpenInOnnxRuntime(std::string_view onnx) {
  EDGEWISE_ASSIGN(auto session, OnnxSession::Open(onnx));
  return std::make_unique<OnnxModel>(std::move(session), onnx.size());
}

Result<std::unique_ptr<ModelEngine>> OpenOnnxModel(std::string_view onnx) {
  EDGEWISE_ASSIGN(auto engine, detail::OpenInOnnxRuntime(onnx));
  return detail::WithFlatTrees(onnx, std::move(engine));
}

}  // namespace edgewise::score
