// A CloudEvent out of a store that others can write to: same event, same bytes.
#include "event/event.h"

#include <cstdint>
#include <cstdlib>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = event::FromJson({reinterpret_cast<const char*>(data), size});
  if (!event) return 0;
  const auto again = event::FromJson(event::ToJson(*event));
  if (!again || event::ToJson(*again) != event::ToJson(*event)) std::abort();
  return 0;
}
