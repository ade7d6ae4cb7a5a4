#include "site/tap_fields.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace edgewise::site {
namespace {

using nlohmann::json;

/// The library's look-up throws for a list that is no list; this one says nullptr.
const json* At(const json& document, const std::string& pointer) {
  try {
    const json::json_pointer place(pointer);
    return document.contains(place) ? &document.at(place) : nullptr;
  } catch (const json::exception&) {  // the library's only way to say it: an index that is none
    return nullptr;
  }
}

}  // namespace

Result<std::string> RequestFrom(std::string_view body, std::span<const TapField> fields) {
  const auto document = ParseJson<json>(body);
  if (document.is_discarded()) return Fail(Code::kInvalidArgument, "the body is no JSON");
  json request = json::object();
  for (const auto& field : fields) {
    if (const auto* value = At(document, field.pointer)) {
      request[field.name] = *value;
    } else if (field.needed) {
      return Fail(Code::kNotFound, fmt::format("field \"{}\" is not at {}", field.name, field.pointer));
    }
  }
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool LiesBelow(std::string_view target, std::string_view path) {
  target = target.substr(0, target.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  return target.starts_with(path) && (target.size() == path.size() || target[path.size()] == '/');
}

}  // namespace edgewise::site
