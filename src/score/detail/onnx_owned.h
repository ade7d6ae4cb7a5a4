#pragma once

#include <onnxruntime_c_api.h>

#include <memory>

namespace edgewise::score::detail {

/// Gives back what ONNX Runtime's C functions made. The library outlives what it made.
struct OnnxRelease {
  const OrtApi* api = nullptr;
  void operator()(OrtSession* session) const { api->ReleaseSession(session); }
  void operator()(OrtSessionOptions* options) const { api->ReleaseSessionOptions(options); }
  void operator()(OrtRunOptions* options) const { api->ReleaseRunOptions(options); }
  void operator()(OrtMemoryInfo* memory) const { api->ReleaseMemoryInfo(memory); }
  void operator()(OrtTypeInfo* type) const { api->ReleaseTypeInfo(type); }
  void operator()(OrtTensorTypeAndShapeInfo* info) const { api->ReleaseTensorTypeAndShapeInfo(info); }
  void operator()(OrtValue* value) const { api->ReleaseValue(value); }
  void operator()(OrtIoBinding* binding) const { api->ReleaseIoBinding(binding); }
};

template <class T>
using OnnxOwned = std::unique_ptr<T, OnnxRelease>;

}  // namespace edgewise::score::detail
