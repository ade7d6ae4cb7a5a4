#pragma once

#include <fmt/compile.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace edgewise::score::detail {

/// The float of a JSON number; nothing if it is no number or no float can hold it.
inline std::optional<float> ToFloat(const simdjson::dom::element& element) {
  double value = 0;
  if (element.get_double().get(value) != simdjson::SUCCESS) return std::nullopt;
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
  return static_cast<float>(value);
}

/// Appends the shortest text that reads back as `value`; JSON has no NaN and no infinity: null.
inline void AppendFloat(std::string& out, float value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value);
}

/// Appends `text` as a JSON string.
inline void AppendText(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace edgewise::score::detail
