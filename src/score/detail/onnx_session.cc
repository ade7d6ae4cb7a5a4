#include "score/detail/onnx_session.h"

#include <functional>

namespace edgewise::score::detail {
namespace {

/// Owns what a C function made, with the function that takes it back.
template <class T>
using Owned = std::unique_ptr<T, std::function<void(T*)>>;

std::vector<std::int64_t> WithRows(std::vector<std::int64_t> shape, std::size_t rows) {
  shape[0] = static_cast<std::int64_t>(rows);
  return shape;
}

}  // namespace

Result<std::unique_ptr<OnnxSession>> OnnxSession::Open(std::string_view onnx) {
  std::unique_ptr<OnnxSession> session(new OnnxSession);  // the constructor is private
  EDGEWISE_ASSIGN(session->library_, OnnxLibrary::Open());
  EDGEWISE_TRY(session->Create(onnx));
  return session;
}

OnnxSession::~OnnxSession() {
  if (library_ == nullptr) return;
  if (session_ != nullptr) api().ReleaseSession(session_);
  if (memory_ != nullptr) api().ReleaseMemoryInfo(memory_);
}

Result<void> OnnxSession::Create(std::string_view onnx) {
  constexpr std::string_view kWhat = "the ONNX model cannot be loaded";
  const auto check = [&](OrtStatus* status) { return library_->Check(status, kWhat); };
  OrtSessionOptions* made = nullptr;
  EDGEWISE_TRY(check(api().CreateSessionOptions(&made)));
  const Owned<OrtSessionOptions> options(made, [this](OrtSessionOptions* o) { api().ReleaseSessionOptions(o); });
  EDGEWISE_TRY(check(api().SetIntraOpNumThreads(made, 1)));
  EDGEWISE_TRY(check(api().SetInterOpNumThreads(made, 1)));
  EDGEWISE_TRY(check(api().SetSessionExecutionMode(made, ORT_SEQUENTIAL)));
  EDGEWISE_TRY(check(api().AddSessionConfigEntry(made, "session.intra_op.allow_spinning", "0")));
  EDGEWISE_TRY(check(api().DisableCpuMemArena(made)));
  EDGEWISE_TRY(check(api().DisableMemPattern(made)));
  const auto loaded = check(api().CreateSessionFromArray(&library_->environment(), onnx.data(), onnx.size(), made, &session_));
  if (!loaded) return Fail(Code::kInvalidArgument, loaded.error().message);  // whatever is wrong, it is the model
  EDGEWISE_TRY(check(api().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory_)));
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  EDGEWISE_TRY(check(api().SessionGetInputCount(session_, &inputs)));
  EDGEWISE_TRY(check(api().SessionGetOutputCount(session_, &outputs)));
  EDGEWISE_ASSIGN(inputs_, Describe(true, inputs));
  EDGEWISE_ASSIGN(outputs_, Describe(false, outputs));
  return {};
}

Result<std::vector<Tensor>> OnnxSession::Describe(bool inputs, std::size_t count) const {
  OrtAllocator* allocator = nullptr;
  EDGEWISE_TRY(library_->Check(api().GetAllocatorWithDefaultOptions(&allocator), "ONNX Runtime"));
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < count; ++i) {
    EDGEWISE_ASSIGN(auto tensor, DescribeOne(inputs, i, allocator));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Result<Tensor> OnnxSession::DescribeOne(bool input, std::size_t index, OrtAllocator* allocator) const {
  const auto check = [&](OrtStatus* status) { return library_->Check(status, "the ONNX model's tensors"); };
  Tensor tensor;
  char* name = nullptr;
  EDGEWISE_TRY(check(input ? api().SessionGetInputName(session_, index, allocator, &name)
                           : api().SessionGetOutputName(session_, index, allocator, &name)));
  tensor.name = name;
  EDGEWISE_TRY(check(api().AllocatorFree(allocator, name)));
  OrtTypeInfo* type = nullptr;
  EDGEWISE_TRY(
      check(input ? api().SessionGetInputTypeInfo(session_, index, &type) : api().SessionGetOutputTypeInfo(session_, index, &type)));
  const Owned<OrtTypeInfo> owned(type, [this](OrtTypeInfo* t) { api().ReleaseTypeInfo(t); });
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  EDGEWISE_TRY(check(api().CastTypeInfoToTensorInfo(type, &info)));
  if (info == nullptr) return tensor;
  ONNXTensorElementDataType element{};
  std::size_t rank = 0;
  EDGEWISE_TRY(check(api().GetTensorElementType(info, &element)));
  EDGEWISE_TRY(check(api().GetDimensionsCount(info, &rank)));
  tensor.shape.resize(rank);
  EDGEWISE_TRY(check(api().GetDimensions(info, tensor.shape.data(), rank)));
  tensor.float32 = element == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  return tensor;
}

Result<void> OnnxSession::Run(const Tensor& input, std::span<const float> values, const Tensor& output, std::span<float> out,
                              std::size_t rows) const {
  const auto wrap = [&](const Tensor& tensor, float* data, std::size_t size, OrtValue** value) {
    const auto shape = WithRows(tensor.shape, rows);
    return library_->Check(api().CreateTensorWithDataAsOrtValue(memory_, data, size * sizeof(float), shape.data(), shape.size(),
                                                                ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value),
                           "ONNX Runtime");
  };
  const auto release = [this](OrtValue* value) { api().ReleaseValue(value); };
  OrtValue* in = nullptr;
  // ONNX Runtime takes inputs without const and does not write to them.
  EDGEWISE_TRY(wrap(input, const_cast<float*>(values.data()), values.size(), &in));
  const std::unique_ptr<OrtValue, decltype(release)> owned_in(in, release);
  OrtValue* result = nullptr;
  EDGEWISE_TRY(wrap(output, out.data(), out.size(), &result));
  const std::unique_ptr<OrtValue, decltype(release)> owned_out(result, release);
  const char* input_name = input.name.c_str();
  const char* output_name = output.name.c_str();
  const OrtValue* in_value = in;
  auto run = library_->Check(api().Run(session_, nullptr, &input_name, &in_value, 1, &output_name, 1, &result), "the engine failed");
  if (!run) return Fail(Code::kInternal, std::move(run.error().message));
  return {};
}

}  // namespace edgewise::score::detail
