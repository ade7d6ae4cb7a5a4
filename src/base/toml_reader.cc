#include "base/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/suggest.h"

namespace edgewise {
namespace {

std::string Words(const TomlReader::Range& range) {
  const TomlReader::Range any;
  std::vector<std::string> limits;
  if (range.above != any.above) limits.push_back(fmt::format("> {}", range.above));
  if (range.least != any.least) limits.push_back(fmt::format(">= {}", range.least));
  if (range.most != any.most) limits.push_back(fmt::format("<= {}", range.most));
  return limits.empty() ? "must be a number" : fmt::format("must be a number {}", fmt::join(limits, " and "));
}

}  // namespace

Result<toml::table> TomlReader::Parse(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {  // the library's only way to say it
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

void TomlReader::Only(const toml::table& table, std::string_view section) {
  const auto known = KeysOf(options_, section);
  for (const auto& [key, node] : table) {
    if (std::ranges::find(known, key.str()) == known.end()) Wrong(key.source(), fmt::format("unknown key {}", Suggest(key.str(), known)));
  }
}

std::string TomlReader::Text(const toml::table& table, std::string_view key) {
  const auto text = table[key].value_exact<std::string>();
  if (!text || text->empty()) Wrong(table, key, "must be a text");
  return text.value_or("");
}

std::vector<std::string> TomlReader::Texts(const toml::table& table, std::string_view key) {
  std::vector<std::string> texts;
  if (const auto* array = table[key].as_array()) {
    for (const auto& node : *array) texts.push_back(node.value_exact<std::string>().value_or(""));
  }
  const bool good = table[key].is_array() && std::ranges::find(texts, "") == texts.end();
  if (!good) Wrong(table, key, "must be a list of texts");
  return good ? texts : std::vector<std::string>();
}

const toml::table& TomlReader::Table(const toml::table& table, std::string_view key) {
  static const toml::table kNone;
  const auto* found = table[key].as_table();
  if (found == nullptr) Wrong(table, key, fmt::format("must be a table: [{}]", key));
  return found == nullptr ? kNone : *found;
}

double TomlReader::NumberOr(const toml::table& table, std::string_view key, double otherwise, const Range& range) {
  if (!table.contains(key)) return otherwise;
  const auto number = table[key].is_number() ? table[key].value<double>() : std::nullopt;
  if (number && *number > range.above && *number >= range.least && *number <= range.most) return *number;
  Wrong(table, key, Words(range));
  return otherwise;
}

void TomlReader::Wrong(const toml::table& table, std::string_view key, std::string_view what) {
  const auto* node = table.get(key);
  Wrong(node == nullptr ? table.source() : node->source(),
        node == nullptr ? fmt::format("\"{}\" is missing; it {}", key, what) : fmt::format("\"{}\" {}", key, what));
}

void TomlReader::Wrong(const toml::source_region& where, const std::string& what) {
  if (!error_) error_ = Error{Code::kInvalidArgument, fmt::format("{}:{}: {}", file_, std::max(where.begin.line, 1U), what)};
}

}  // namespace edgewise
