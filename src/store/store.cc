#include "store/store.h"

#include <fmt/format.h>

namespace edgewise::store {
namespace {

bool GoodCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '=' || c == '-';
}

bool GoodSegment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  for (const char c : segment) {
    if (!GoodCharacter(c)) return false;
  }
  return true;
}

}  // namespace

Result<void> CheckName(std::string_view name) {
  constexpr std::size_t kLongest = 512;
  auto rest = name;
  bool good = name.size() <= kLongest;
  while (good) {
    const auto slash = rest.find('/');
    good = GoodSegment(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (good) return {};
  return Fail(
      Code::kInvalidArgument,
      fmt::format("object name of {} bytes is not segments of [A-Za-z0-9._=-] joined by '/' (at most {} bytes)", name.size(), kLongest));
}

}  // namespace edgewise::store
