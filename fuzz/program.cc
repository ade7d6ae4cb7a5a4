// A feature program, as a person writes it and as a model carries it: what was read can be written and read again, to the same text.
#include "feature/program.h"

#include <cstdint>
#include <cstdlib>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& program : {feature::Program::FromToml(text, "fuzz.toml"), feature::Program::FromJson(text)}) {
    if (!program) continue;
    const auto again = feature::Program::FromJson(program->ToJson());
    if (!again || again->ToJson() != program->ToJson()) std::abort();
  }
  return 0;
}
