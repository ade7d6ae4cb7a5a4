// What the hub wants of a site: what was read can be written and read again.
#include "deploy/desired_state.h"

#include <cstdint>
#include <cstdlib>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto desired = deploy::DesiredFromJson({reinterpret_cast<const char*>(data), size});
  if (!desired) return 0;
  const auto again = deploy::DesiredFromJson(deploy::ToJson(*desired));
  if (!again || deploy::ToJson(*again) != deploy::ToJson(*desired)) std::abort();
  return 0;
}
