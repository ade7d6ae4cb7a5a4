#include <fmt/format.h>

#include "score/detail/onnx_binding.h"

namespace edgewise::score::detail {

/// ONNX Runtime takes memory for it in the next run, and only in that.
Result<void> OnnxBinding::BindLoose(Output& output) {
  output.kept = false;
  output.value.reset();
  return Check(api_.BindOutputToDevice(io_.get(), Info(output).name.c_str(), &session_.memory()));
}

Result<std::vector<OnnxOwned<OrtValue>>> OnnxBinding::BoundValues() const {
  OrtValue** values = nullptr;
  std::size_t count = 0;
  EDGEWISE_TRY(Check(api_.GetBoundOutputValues(io_.get(), &session_.allocator(), &values, &count)));
  std::vector<OnnxOwned<OrtValue>> owned;
  for (std::size_t i = 0; i < count; ++i) owned.emplace_back(values[i], OnnxRelease{&api_});
  EDGEWISE_TRY(Check(api_.AllocatorFree(&session_.allocator(), values)));
  if (count != outputs_.size()) return Fail(Code::kInternal, fmt::format("the engine gave {} outputs of {}", count, outputs_.size()));
  return owned;
}

/// What the run put into other memory than that which we bound, as it does where an output is an input under the same name, is not kept.
Result<void> OnnxBinding::CheckKept() {
  checked_ = true;
  EDGEWISE_ASSIGN(const auto values, BoundValues());
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    void* data = nullptr;
    if (!outputs_[i].kept) continue;
    EDGEWISE_TRY(Check(api_.GetTensorMutableData(values[i].get(), &data)));
    if (data == views_[i].bytes.data()) continue;
    outputs_[i].kept = false;
    all_kept_ = false;
  }
  return {};
}

Result<void> OnnxBinding::Collect() {
  EDGEWISE_ASSIGN(auto values, BoundValues());
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].kept) outputs_[i].value = std::move(values[i]);
  }
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
