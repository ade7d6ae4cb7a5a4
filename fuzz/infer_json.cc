// A JSON inference request, and plain rows: what is read is as long as its shape says, and written and read again it is the same.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "infer_fuzz.h"
#include "score/detail/infer_writer.h"

using namespace edgewise;
using namespace edgewise::score;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InferFuzz fuzz;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (!fuzz.Read(body, "")) return 0;
  auto text = fuzz.Write();
  if (!text) return 0;  // what JSON cannot say
  const auto first = *text;
  if (!fuzz.Read(first, "")) std::abort();
  text = fuzz.Write();
  if (!text || *text != first) std::abort();
  return 0;
}
