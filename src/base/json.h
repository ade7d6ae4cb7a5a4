#pragma once

#include <cstddef>
#include <string_view>

namespace edgewise {

/// Documents from outside nest no deeper than this: libraries copy, write and compare JSON by recursion, so a body of brackets would end
/// the stack, and with it the process. Ours nest 6 deep at most.
inline constexpr std::size_t kDeepestJson = 64;

/// Whether a text nests lists and objects deeper than `most`. Reads the text once; right for whatever a JSON parser takes.
bool NestsDeeper(std::string_view json, std::size_t most = kDeepestJson);

/// Parses JSON that came from outside. `Json` is nlohmann::json or ordered_json. Discarded (is_discarded()) when it is no JSON or nests
/// deeper than kDeepestJson; does not throw.
template <class Json>
Json ParseJson(std::string_view text) {
  if (NestsDeeper(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

}  // namespace edgewise
