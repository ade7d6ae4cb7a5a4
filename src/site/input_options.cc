#include "site/input_options.h"

#include <fmt/format.h>

namespace edgewise::site {
namespace {

/// RFC 6901: "" or parts that begin with "/"; a "~" is followed by 0 or 1.
bool IsPointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (auto at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

std::string AsPointer(std::string_view member) {
  std::string pointer = "/";
  for (const char c : member) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return pointer;
}

}  // namespace

Result<TapField> TapFieldFromText(std::string_view text) {
  const auto equals = text.find('=');
  auto name = text.substr(0, equals);
  TapField field;
  field.needed = !name.ends_with('?');
  if (!field.needed) name.remove_suffix(1);
  field.name = name;
  field.pointer = equals == std::string_view::npos ? AsPointer(name) : std::string(text.substr(equals + 1));
  if (!field.name.empty() && IsPointer(field.pointer)) return field;
  return Fail(Code::kInvalidArgument,
              fmt::format("field \"{}\" is not like carrier=/flight/carrier: a field of the model's request, and a JSON pointer", text));
}

Result<InputTarget> InputTargetFromText(std::string_view text) {
  for (const auto& [head, kind] : {std::pair(std::string_view("score/"), InputTarget::Kind::kScore),
                                   std::pair(std::string_view("records/"), InputTarget::Kind::kRecords)}) {
    if (text.starts_with(head) && text.size() > head.size() && text.find('/', head.size()) == std::string_view::npos)
      return InputTarget{kind, std::string(text.substr(head.size()))};
  }
  return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is not like score/MODEL or records/STREAM", text));
}

}  // namespace edgewise::site
