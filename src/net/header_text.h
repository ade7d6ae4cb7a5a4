#pragma once

#include <algorithm>
#include <string_view>

namespace edgewise::net {

/// Whether two names of headers, schemes or types are the same: ASCII, upper and lower case alike (RFC 9110 5.1).
constexpr bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Whether a Content-Type's value is of this type, with whatever parameters: "Text/CSV; charset=utf-8" is text/csv, "text/csv2" is not.
constexpr bool IsMediaType(std::string_view value, std::string_view type) {
  value = value.substr(0, value.find(';'));
  const auto end = value.find_last_not_of(" \t");
  return SameName(value.substr(0, end == std::string_view::npos ? 0 : end + 1), type);
}

static_assert(IsMediaType("Text/CSV ; charset=utf-8", "text/csv") && IsMediaType("text/csv", "text/csv"));
static_assert(!IsMediaType("text/csv2", "text/csv") && !IsMediaType("", "text/csv"));

}  // namespace edgewise::net
