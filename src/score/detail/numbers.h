#pragma once

#include <fmt/compile.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgewise::score::detail {

/// The longest text of any number below.
inline constexpr std::size_t kLongestNumber = 32;

/// From here on a number rounds to no float.
inline constexpr double kFloatEnd = 0x1.ffffffp127;

/// The float of a JSON number; nothing if it is no number or no float can hold it.
inline std::optional<float> ToFloat(const simdjson::dom::element& element) {
  double value = 0;
  if (element.get_double().get(value) != simdjson::SUCCESS) return std::nullopt;
  if (std::abs(value) >= kFloatEnd) return std::nullopt;
  return static_cast<float>(value);
}

/// Writes the shortest text that reads back as `value` to `out`, which has kLongestNumber bytes; answers its end.
/// Not "-0": most readers take that for an integer, and these have no such zero.
template <class T>
char* WriteNumber(char* out, T value) {
  if constexpr (std::floating_point<T>) {
    if (value == 0 && std::signbit(value)) return std::ranges::copy(std::string_view("-0.0"), out).out;
    return fmt::format_to(out, FMT_COMPILE("{}"), value);
  } else {
    return std::to_chars(out, out + kLongestNumber, value).ptr;
  }
}

template <class T>
void AppendNumber(std::string& out, T value) {
  std::array<char, kLongestNumber> text;  // NOLINT: written before it is read
  const char* const end = WriteNumber(text.data(), value);
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

/// Appends the shortest text that reads back as `value`; JSON has no NaN and no infinity: null.
template <std::floating_point T>
void AppendFloat(std::string& out, T value) {
  if (std::isfinite(value)) {
    AppendNumber(out, value);
  } else {
    out += "null";
  }
}

/// Appends `text`, which is UTF-8, as a JSON string.
inline void AppendText(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && text[end] != '"' && text[end] != '\\' && static_cast<unsigned char>(text[end]) >= 0x20) ++end;
    out.append(text, begin, end - begin);
    if (end == text.size()) break;
    if (text[end] == '"' || text[end] == '\\') {
      out += '\\';
      out += text[end];
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(text[end]));
    }
    begin = end + 1;
  }
  out += '"';
}

/// A name out of a request as an error may repeat it: quoted, printable ASCII, 64 characters at most.
inline std::string Quoted(std::string_view name) {
  constexpr std::size_t kMost = 64;
  std::string out = "\"";
  for (const char c : name.substr(0, kMost)) out += c >= 0x20 && c < 0x7F ? c : '?';
  return out + (name.size() > kMost ? "...\"" : "\"");
}

}  // namespace edgewise::score::detail
