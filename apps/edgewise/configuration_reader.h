#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "address.h"
#include "base/date.h"
#include "base/toml_reader.h"
#include "configuration_options.h"

namespace edgewise {

inline bool IsPlainName(const std::string& text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; });
}

/// Reads what only the configuration of `edgewise up` holds. As TomlReader.
class ConfigurationReader : public TomlReader {
 public:
  explicit ConfigurationReader(const std::filesystem::path& file)
      : TomlReader(file.string(), ConfigurationOptions()), folder_(file.parent_path()) {}

  std::string TextOr(const toml::table& table, std::string_view key, std::string otherwise) {
    return table.contains(key) ? Text(table, key) : std::move(otherwise);
  }
  bool Flag(const toml::table& table, std::string_view key) {
    const auto flag = table[key].value_exact<bool>();
    if (table.contains(key) && !flag) Wrong(table, key, "must be true or false");
    return flag.value_or(false);
  }
  std::uint64_t CountOr(const toml::table& table, std::string_view key, std::uint64_t otherwise) {
    return WholeOr(table, key, otherwise, 1, std::numeric_limits<std::int64_t>::max());
  }
  std::uint64_t WholeOr(const toml::table& table, std::string_view key, std::uint64_t otherwise, std::int64_t least, std::int64_t most) {
    if (!table.contains(key)) return otherwise;
    const auto count = table[key].value_exact<std::int64_t>();
    if (count && *count >= least && *count <= most) return static_cast<std::uint64_t>(*count);
    const auto upper = most == std::numeric_limits<std::int64_t>::max() ? std::string("on") : fmt::format("to {}", most);
    Wrong(table, key, fmt::format("must be a whole number from {} {}", least, upper));
    return otherwise;
  }
  /// A text that may be part of a file's name.
  std::string Name(const toml::table& table, std::string_view key) {
    auto name = Text(table, key);
    if (!IsPlainName(name)) Wrong(table, key, "must be 1 to 64 letters, digits, _ and -");
    return name;
  }
  std::string Address(const toml::table& table, std::string_view key = "address") { return PlainAddress(Text(table, key)); }
  std::string Date(const toml::table& table, std::string_view key) {
    auto date = Text(table, key);
    if (const auto read = ParseDate(date); !read)
      Wrong(table, key, fmt::format("must be a date such as \"2013-05-01\": {}", read.error().message));
    return date;
  }
  std::string DateOr(const toml::table& table, std::string_view key) { return table.contains(key) ? Date(table, key) : std::string(); }
  std::string FirstOfMonth(const toml::table& table, std::string_view key) {
    auto date = Date(table, key);
    if (!date.ends_with("-01")) Wrong(table, key, fmt::format("must be the first of a month, not \"{}\"", date));
    return date;
  }
  std::filesystem::path Path(const toml::table& table, std::string_view key) { return Beside(Text(table, key)); }
  std::filesystem::path Beside(const std::string& path) const { return (folder_ / path).lexically_normal(); }
  /// The tables of [[key]]; none if it is left out.
  std::vector<const toml::table*> Tables(const toml::table& table, std::string_view key) {
    std::vector<const toml::table*> tables;
    const auto* array = table[key].as_array();
    if (table.contains(key) && (array == nullptr || !array->is_array_of_tables()))
      Wrong(table, key, fmt::format("must be tables: [[{}]]", key));
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (const auto* each = array->get_as<toml::table>(i)) tables.push_back(each);
    }
    return tables;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace edgewise
