#include "score/detail/onnx_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "score/detail/onnx_signature.h"

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kMostElements = std::numeric_limits<std::ptrdiff_t>::max() / 8;

bool Aligned(std::span<const std::byte> bytes, std::size_t size) { return reinterpret_cast<std::uintptr_t>(bytes.data()) % size == 0; }

}  // namespace

Result<std::unique_ptr<OnnxBinding>> OnnxBinding::Make(const OnnxSession& session, OnnxMemory& memory, std::span<const TensorView> inputs,
                                                       std::span<const std::size_t> outputs) {
  std::unique_ptr<OnnxBinding> binding(new OnnxBinding(session, memory));  // the constructor is private
  const auto& api = session.api();
  OrtIoBinding* io = nullptr;
  EDGEWISE_TRY(binding->Check(api.CreateIoBinding(&session.session(), &io)));
  binding->io_ = {io, {&api}};
  for (std::size_t i = 0; i < inputs.size(); ++i) EDGEWISE_TRY(binding->MakeInput(i, inputs[i]));
  for (const auto index : outputs) {
    if (std::ranges::find(binding->wanted_, index) != binding->wanted_.end()) {
      return Fail(Code::kInvalidArgument, fmt::format("output \"{}\" is asked for twice", session.signature().outputs[index].name));
    }
    binding->wanted_.push_back(index);
    auto& output = binding->outputs_.emplace_back();
    output.index = index;
    EDGEWISE_TRY(binding->BindLoose(output));
  }
  binding->views_.resize(outputs.size());
  binding->generation_ = memory.generation;
  return binding;
}

bool OnnxBinding::Fits(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) const {
  const auto same = [](const Input& input, const TensorView& view) { return std::ranges::equal(input.shape, view.shape); };
  return generation_ == memory_.generation && std::ranges::equal(wanted_, outputs) && std::ranges::equal(inputs_, inputs, same);
}

Result<std::span<const TensorView>> OnnxBinding::Run(std::span<const TensorView> inputs) {
  if (ran_ && !learned_ && memory_.shapes_decide) EDGEWISE_TRY(Keep());
  for (std::size_t i = 0; i < inputs.size(); ++i) EDGEWISE_TRY(Fill(i, inputs[i]));
  for (auto& output : outputs_) {
    if (!output.kept) EDGEWISE_TRY(BindLoose(output));
  }
  if (auto run = RunBound(); !run) {
    if (!learned_) return std::unexpected(std::move(run.error()));
    EDGEWISE_TRY(RunLoose());
  }
  if (learned_ && !checked_) EDGEWISE_TRY(CheckKept());
  if (!all_kept_) EDGEWISE_TRY(Collect());
  ran_ = true;
  return views_;
}

Result<void> OnnxBinding::RunBound() {
  return session_.library().Check(api_.RunWithBinding(&session_.session(), memory_.options.get(), io_.get()), "the engine failed");
}

/// A run failed whose outputs were bound to memory of the shapes of the run before. Without that memory it says whether the shapes or the
/// values were the reason: ONNX Runtime's codes do not.
Result<void> OnnxBinding::RunLoose() {
  for (auto& output : outputs_) EDGEWISE_TRY(BindLoose(output));
  ran_ = learned_ = checked_ = all_kept_ = false;
  EDGEWISE_TRY(RunBound());
  memory_.shapes_decide = false;
  return {};
}

Result<OnnxOwned<OrtValue>> OnnxBinding::Wrap(const TensorInfo& info, std::byte* bytes, std::size_t size,
                                              std::span<const std::int64_t> shape) const {
  OrtValue* value = nullptr;
  EDGEWISE_TRY(Check(
      api_.CreateTensorWithDataAsOrtValue(&session_.memory(), bytes, size, shape.data(), shape.size(), ElementOf(info.type), &value)));
  return OnnxOwned<OrtValue>(value, {&api_});
}

Result<void> OnnxBinding::MakeInput(std::size_t index, const TensorView& view) {
  const auto& info = session_.signature().inputs[index];
  auto& input = inputs_.emplace_back();
  input.shape.assign(view.shape.begin(), view.shape.end());
  const auto elements = CountElements(view.shape, kMostElements);
  if (!elements) return Fail(Code::kInvalidArgument, fmt::format("input \"{}\" cannot have shape {}", info.name, ShapeText(view.shape)));
  input.elements = *elements;
  EDGEWISE_TRY(CheckSize(index, view));
  if (info.type == DataType::kBytes) {
    OrtValue* value = nullptr;
    EDGEWISE_TRY(
        Check(api_.CreateTensorAsOrtValue(&session_.allocator(), view.shape.data(), view.shape.size(), ElementOf(info.type), &value)));
    input.value = {value, {&api_}};
  } else if (view.bytes.size() <= OnnxMemory::kKept) {
    input.buffer = memory_.Reserve(memory_.inputs[index], view.bytes.size());
    EDGEWISE_ASSIGN(input.value, Wrap(info, input.buffer, view.bytes.size(), view.shape));
  } else {
    return {};
  }
  return Check(api_.BindInput(io_.get(), info.name.c_str(), input.value.get()));
}

Result<void> OnnxBinding::CheckSize(std::size_t index, const TensorView& view) const {
  const auto& info = session_.signature().inputs[index];
  const std::size_t elements = inputs_[index].elements;
  const bool strings = info.type == DataType::kBytes;
  if (view.type == info.type && (strings ? view.strings.size() == elements : view.bytes.size() == elements * SizeOf(info.type))) return {};
  return Fail(Code::kInvalidArgument, fmt::format("input \"{}\" has {} {} of {}, expected {} elements of {} for shape {}", info.name,
                                                  strings ? view.strings.size() : view.bytes.size(), strings ? "elements" : "bytes",
                                                  NameOf(view.type), elements, NameOf(info.type), ShapeText(view.shape)));
}

Result<void> OnnxBinding::Fill(std::size_t index, const TensorView& view) {
  EDGEWISE_TRY(CheckSize(index, view));
  auto& input = inputs_[index];
  const auto& info = session_.signature().inputs[index];
  if (info.type == DataType::kBytes) return FillStrings(input, view.strings);
  if (input.buffer != nullptr) {
    if (!view.bytes.empty()) std::memcpy(input.buffer, view.bytes.data(), view.bytes.size());
    return {};
  }
  if (Aligned(view.bytes, SizeOf(info.type))) {
    // ONNX Runtime takes inputs without const and does not write to them.
    EDGEWISE_ASSIGN(input.value, Wrap(info, const_cast<std::byte*>(view.bytes.data()), view.bytes.size(), view.shape));
  } else {
    OrtValue* value = nullptr;
    void* to = nullptr;
    EDGEWISE_TRY(
        Check(api_.CreateTensorAsOrtValue(&session_.allocator(), view.shape.data(), view.shape.size(), ElementOf(info.type), &value)));
    input.value = {value, {&api_}};
    EDGEWISE_TRY(Check(api_.GetTensorMutableData(value, &to)));
    std::memcpy(to, view.bytes.data(), view.bytes.size());
  }
  return Check(api_.BindInput(io_.get(), info.name.c_str(), input.value.get()));
}

Result<void> OnnxBinding::FillStrings(const Input& input, std::span<const std::string_view> strings) const {
  for (std::size_t i = 0; i < strings.size(); ++i) {
    char* to = nullptr;
    EDGEWISE_TRY(Check(api_.GetResizedStringTensorElementBuffer(input.value.get(), i, strings[i].size(), &to)));
    std::ranges::copy(strings[i], to);
  }
  return {};
}

}  // namespace edgewise::score::detail
