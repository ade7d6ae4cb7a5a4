// The operator's policy file: read or refused.
#include "relay/policy.h"

#include <cstdint>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)relay::Policy::FromToml({reinterpret_cast<const char*>(data), size}, "fuzz.toml", "key");
  return 0;
}
