// A request of the binary tensor extension. The first two bytes say how long its JSON claims to be.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "infer_fuzz.h"

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InferFuzz fuzz;
  std::uint16_t length = 0;
  if (size < sizeof(length)) return 0;
  std::memcpy(&length, data, sizeof(length));
  const std::string_view body(reinterpret_cast<const char*>(data) + sizeof(length), size - sizeof(length));
  (void)fuzz.Read(body, std::to_string(length));
  return 0;
}
