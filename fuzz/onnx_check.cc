// A model's file: looked at before the engine sees it.
#include "score/detail/onnx_check.h"

#include <cstdint>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)score::detail::CheckOnnx({reinterpret_cast<const char*>(data), size});
  return 0;
}
