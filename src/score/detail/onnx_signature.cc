#include "score/detail/onnx_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "score/detail/onnx_owned.h"

namespace edgewise::score::detail {
namespace {

constexpr std::array<std::pair<ONNXTensorElementDataType, DataType>, 14> kElements{{
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, DataType::kBool},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, DataType::kUint8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, DataType::kUint16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, DataType::kUint32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, DataType::kUint64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, DataType::kInt8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, DataType::kInt16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, DataType::kInt32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, DataType::kInt64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, DataType::kFp16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, DataType::kBf16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, DataType::kFp32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, DataType::kFp64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, DataType::kBytes},
}};

std::string_view KindOf(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_SEQUENCE:
      return "a sequence";
    case ONNX_TYPE_MAP:
      return "a map";
    case ONNX_TYPE_SPARSETENSOR:
      return "a sparse tensor";
    case ONNX_TYPE_OPTIONAL:
      return "optional";
    case ONNX_TYPE_OPAQUE:
      return "opaque";
    case ONNX_TYPE_TENSOR:
    case ONNX_TYPE_UNKNOWN:
      break;
  }
  return "of an unknown kind";
}

struct Side {
  std::string_view word;  ///< "input" or "output", for messages.
  OrtStatus*(ORT_API_CALL* count)(const OrtSession*, std::size_t*) noexcept;
  OrtStatus*(ORT_API_CALL* name)(const OrtSession*, std::size_t, OrtAllocator*, char**) noexcept;
  OrtStatus*(ORT_API_CALL* type)(const OrtSession*, std::size_t, OrtTypeInfo**) noexcept;
};

class Reader {
 public:
  Reader(const OnnxLibrary& library, const OrtSession& session, const OnnxFacts& facts)
      : library_(library), api_(library.api()), session_(session), facts_(facts) {}

  Result<std::vector<TensorInfo>> ReadAll(const Side& side) {
    std::size_t count = 0;
    EDGEWISE_TRY(Check(side.count(&session_, &count)));
    std::vector<TensorInfo> tensors;
    for (std::size_t i = 0; i < count; ++i) {
      EDGEWISE_ASSIGN(auto tensor, ReadOne(side, i));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  /// The names that the tensors' first axes have, in their order; "" where an axis has none.
  const std::vector<std::string>& first_axes() const { return first_axes_; }

 private:
  Result<void> Check(OrtStatus* status) const { return library_.Check(status, "the ONNX model's tensors"); }

  Result<std::string> ReadName(const Side& side, std::size_t index) const {
    OrtAllocator* allocator = nullptr;
    EDGEWISE_TRY(Check(api_.GetAllocatorWithDefaultOptions(&allocator)));
    char* name = nullptr;
    EDGEWISE_TRY(Check(side.name(&session_, index, allocator, &name)));
    std::string copy = name;
    EDGEWISE_TRY(Check(api_.AllocatorFree(allocator, name)));
    return copy;
  }

  Result<TensorInfo> ReadOne(const Side& side, std::size_t index) {
    TensorInfo tensor;
    EDGEWISE_ASSIGN(tensor.name, ReadName(side, index));
    OrtTypeInfo* made = nullptr;
    EDGEWISE_TRY(Check(side.type(&session_, index, &made)));
    const OnnxOwned<OrtTypeInfo> type(made, {&api_});
    ONNXType kind = ONNX_TYPE_UNKNOWN;
    EDGEWISE_TRY(Check(api_.GetOnnxTypeFromTypeInfo(type.get(), &kind)));
    if (kind != ONNX_TYPE_TENSOR) return RefuseKind(side, tensor.name, kind, *type);
    const OrtTensorTypeAndShapeInfo* info = nullptr;
    EDGEWISE_TRY(Check(api_.CastTypeInfoToTensorInfo(type.get(), &info)));
    EDGEWISE_TRY(ReadShape(*info, tensor));
    ONNXTensorElementDataType element{};
    EDGEWISE_TRY(Check(api_.GetTensorElementType(info, &element)));
    const auto found = DataTypeOf(element);
    if (!found) {
      return Fail(Code::kInvalidArgument, fmt::format("{} \"{}\" of the ONNX model has element type {} of TensorProto, which the protocol "
                                                      "has no datatype for: add a Cast to the model",
                                                      side.word, tensor.name, static_cast<int>(element)));
    }
    tensor.type = *found;
    return tensor;
  }

  Result<void> ReadShape(const OrtTensorTypeAndShapeInfo& info, TensorInfo& tensor) {
    std::size_t rank = 0;
    EDGEWISE_TRY(Check(api_.GetDimensionsCount(&info, &rank)));
    tensor.shape.resize(rank);
    EDGEWISE_TRY(Check(api_.GetDimensions(&info, tensor.shape.data(), rank)));
    tensor.ranked = rank > 0 || !facts_.unranked.contains(tensor.name);  // ONNX Runtime says 0 axes of both
    for (auto& axis : tensor.shape) axis = std::max<std::int64_t>(axis, -1);
    std::vector<const char*> names(rank);
    EDGEWISE_TRY(Check(api_.GetSymbolicDimensions(&info, names.data(), rank)));
    first_axes_.emplace_back(rank == 0 || names[0] == nullptr ? "" : names[0]);
    return {};
  }

  std::unexpected<Error> RefuseKind(const Side& side, std::string_view name, ONNXType kind, const OrtTypeInfo& type) const {
    auto text = fmt::format("{} \"{}\" of the ONNX model is {}", side.word, name, KindOf(kind));
    std::string_view fix = "export the model with tensors only";
    if (kind == ONNX_TYPE_SEQUENCE && SequenceOfMaps(type)) {
      text += " of maps";
      fix = "convert with zipmap=False";
    }
    return Fail(Code::kInvalidArgument, fmt::format("{}: {}", text, fix));
  }

  bool SequenceOfMaps(const OrtTypeInfo& type) const {
    const OrtSequenceTypeInfo* sequence = nullptr;
    OrtTypeInfo* element = nullptr;
    if (!Check(api_.CastTypeInfoToSequenceTypeInfo(&type, &sequence)) || sequence == nullptr) return false;
    if (!Check(api_.GetSequenceElementType(sequence, &element))) return false;
    const OnnxOwned<OrtTypeInfo> owned(element, {&api_});
    ONNXType kind = ONNX_TYPE_UNKNOWN;
    return Check(api_.GetOnnxTypeFromTypeInfo(element, &kind)).has_value() && kind == ONNX_TYPE_MAP;
  }

  const OnnxLibrary& library_;
  const OrtApi& api_;
  const OrtSession& session_;
  const OnnxFacts& facts_;
  std::vector<std::string> first_axes_;
};

bool FreeFirstAxis(const TensorInfo& tensor) { return !tensor.shape.empty() && tensor.shape[0] == -1; }

/// Whether these names can be one axis: two inputs whose first axes are called otherwise are not rows of each other.
bool SameAxis(std::span<const std::string> names) {
  std::string_view seen;
  for (const auto& name : names) {
    if (!seen.empty() && !name.empty() && name != seen) return false;
    if (!name.empty()) seen = name;
  }
  return true;
}

}  // namespace

std::optional<DataType> DataTypeOf(ONNXTensorElementDataType element) {
  const auto* const found = std::ranges::find(kElements, element, &std::pair<ONNXTensorElementDataType, DataType>::first);
  if (found == kElements.end()) return std::nullopt;
  return found->second;
}

ONNXTensorElementDataType ElementOf(DataType type) {
  const auto* const found = std::ranges::find(kElements, type, &std::pair<ONNXTensorElementDataType, DataType>::second);
  return found == kElements.end() ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED : found->first;
}

Result<Signature> ReadSignature(const OnnxLibrary& library, const OrtSession& session, const OnnxFacts& facts) {
  const auto& api = library.api();
  Reader reader(library, session, facts);
  Signature signature;
  EDGEWISE_ASSIGN(signature.inputs,
                  reader.ReadAll({"input", api.SessionGetInputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo}));
  const bool same = SameAxis(reader.first_axes());  // of the inputs; converters call the outputs' as they like
  EDGEWISE_ASSIGN(signature.outputs,
                  reader.ReadAll({"output", api.SessionGetOutputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo}));
  signature.batches = same && !signature.inputs.empty() && std::ranges::all_of(signature.inputs, FreeFirstAxis) &&
                      std::ranges::all_of(signature.outputs, FreeFirstAxis);
  return signature;
}

}  // namespace edgewise::score::detail
