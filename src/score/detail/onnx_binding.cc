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
  OrtRunOptions* options = nullptr;
  EDGEWISE_TRY(binding->Check(api.CreateRunOptions(&options)));
  binding->options_ = {options, {&api}};
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
  if (!all_kept_) EDGEWISE_TRY(Collect());
  ran_ = true;
  return views_;
}

Result<void> OnnxBinding::RunBound() {
  return session_.library().Check(api_.RunWithBinding(&session_.session(), options_.get(), io_.get()), "the engine failed");
}

/// A run failed whose outputs were bound to memory of the shapes of the run before. Without that memory it says whether the shapes or the
/// values were the reason: ONNX Runtime's codes do not.
Result<void> OnnxBinding::RunLoose() {
  for (auto& output : outputs_) EDGEWISE_TRY(BindLoose(output));
  ran_ = learned_ = all_kept_ = false;
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

/// ONNX Runtime takes memory for it in the next run, and only in that.
Result<void> OnnxBinding::BindLoose(Output& output) {
  output.kept = false;
  output.value.reset();
  return Check(api_.BindOutputToDevice(io_.get(), Info(output).name.c_str(), &session_.memory()));
}

Result<void> OnnxBinding::Collect() {
  OrtValue** values = nullptr;
  std::size_t count = 0;
  EDGEWISE_TRY(Check(api_.GetBoundOutputValues(io_.get(), &session_.allocator(), &values, &count)));
  for (std::size_t i = 0; i < count; ++i) {
    OnnxOwned<OrtValue> value(values[i], {&api_});
    if (i < outputs_.size() && !outputs_[i].kept) outputs_[i].value = std::move(value);
  }
  EDGEWISE_TRY(Check(api_.AllocatorFree(&session_.allocator(), values)));
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].kept) EDGEWISE_TRY(CollectOne(outputs_[i], views_[i]));
  }
  return {};
}

Result<void> OnnxBinding::CollectOne(Output& output, TensorView& view) {
  OrtTensorTypeAndShapeInfo* made = nullptr;
  EDGEWISE_TRY(Check(api_.GetTensorTypeAndShape(output.value.get(), &made)));
  const OnnxOwned<OrtTensorTypeAndShapeInfo> info(made, {&api_});
  std::size_t rank = 0;
  std::size_t elements = 0;
  EDGEWISE_TRY(Check(api_.GetDimensionsCount(made, &rank)));
  output.shape.resize(rank);
  EDGEWISE_TRY(Check(api_.GetDimensions(made, output.shape.data(), rank)));
  EDGEWISE_TRY(Check(api_.GetTensorShapeElementCount(made, &elements)));
  view = {.type = Info(output).type, .shape = output.shape, .bytes = {}, .strings = {}};
  if (elements == 0) return {};
  if (view.type == DataType::kBytes) return CollectStrings(output, view, elements);
  void* data = nullptr;
  EDGEWISE_TRY(Check(api_.GetTensorMutableData(output.value.get(), &data)));
  view.bytes = {static_cast<const std::byte*>(data), elements * SizeOf(view.type)};
  return {};
}

Result<void> OnnxBinding::CollectStrings(Output& output, TensorView& view, std::size_t elements) const {
  std::size_t length = 0;
  EDGEWISE_TRY(Check(api_.GetStringTensorDataLength(output.value.get(), &length)));
  output.text.resize(length + 1);  // one more, so that there is an address where every string is empty
  output.offsets.resize(elements);
  EDGEWISE_TRY(Check(api_.GetStringTensorContent(output.value.get(), output.text.data(), length, output.offsets.data(), elements)));
  output.offsets.push_back(length);
  output.strings.clear();
  for (std::size_t i = 0; i < elements; ++i) {
    output.strings.emplace_back(output.text.data() + output.offsets[i], output.offsets[i + 1] - output.offsets[i]);
  }
  view.strings = output.strings;
  return {};
}

/// Binds the outputs to kept memory of the shapes that they had in the run before.
Result<void> OnnxBinding::Keep() {
  learned_ = true;
  all_kept_ = true;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    auto& output = outputs_[i];
    auto& view = views_[i];
    if (view.bytes.empty() || view.bytes.size() > OnnxMemory::kKept) {
      all_kept_ = false;
      continue;
    }
    auto* const bytes = memory_.Reserve(memory_.outputs[output.index], view.bytes.size());
    EDGEWISE_ASSIGN(output.value, Wrap(Info(output), bytes, view.bytes.size(), output.shape));
    EDGEWISE_TRY(Check(api_.BindOutput(io_.get(), Info(output).name.c_str(), output.value.get())));
    output.kept = true;
    view.bytes = {bytes, view.bytes.size()};
  }
  generation_ = memory_.generation;
  return {};
}

}  // namespace edgewise::score::detail
