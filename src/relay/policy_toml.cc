#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/suggest.h"
#include "relay/detail/rules.h"

namespace edgewise::relay {
namespace {

using detail::Field;
using detail::Kind;
using detail::Node;
using detail::Rule;

constexpr std::string_view kSchema = "edgewise.policy.v1";
constexpr std::size_t kFieldsPerType = 64;

/// Kinds that need no numbers, with what may leave in bits.
struct SimpleKind {
  std::string_view name;
  Kind kind;
  double bits;
};
constexpr std::array<SimpleKind, 7> kSimple = {{{"drop", Kind::kDrop, 0},
                                                {"pseudonym", Kind::kPseudonym, 64},
                                                {"id", Kind::kId, 128},
                                                {"digest", Kind::kDigest, 256},
                                                {"date", Kind::kDate, 22},
                                                {"time", Kind::kTime, 39},
                                                {"flag", Kind::kFlag, 1}}};

/// Reads one document; knows its file name for messages.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}
  Result<std::map<std::string, Rule, std::less<>>> Read(const toml::table& root) const;

 private:
  std::unexpected<Error> Bad(const toml::node& node, std::string_view message) const {
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file_, node.source().begin.line, message));
  }
  Result<void> OnlyKeys(const toml::table& table, std::initializer_list<std::string_view> known) const;
  Result<Rule> ReadRule(const toml::table& table) const;
  Result<std::set<std::string, std::less<>>> ReadTexts(const toml::node& node) const;
  Result<Field> ReadField(const toml::node& node) const;
  Result<Field> ReadNumber(const toml::table& table) const;
  Result<void> Place(Rule& rule, std::string_view path, Field field, const toml::node& node) const;

  std::string_view file_;
};

Result<void> Reader::OnlyKeys(const toml::table& table, std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: unknown key {}", file_, key.source().begin.line,
                                                    Suggest(key.str(), std::span(known.begin(), known.size()))));
  }
  return {};
}

Result<std::set<std::string, std::less<>>> Reader::ReadTexts(const toml::node& node) const {
  std::set<std::string, std::less<>> texts;
  const auto* array = node.as_array();
  if (array == nullptr) return Bad(node, "expected a list of texts");
  for (const auto& item : *array) {
    const auto text = item.value<std::string>();
    if (!text || text->find_first_of("\"\\") != std::string::npos || std::ranges::any_of(*text, [](char c) { return c >= 0 && c < ' '; }))
      return Bad(item, "expected a text without quotes, backslashes and control characters");
    texts.insert(*text);
  }
  if (texts.empty()) return Bad(node, "the list is empty: leave the key out");
  return texts;
}

Result<Field> Reader::ReadNumber(const toml::table& table) const {
  EDGEWISE_TRY(OnlyKeys(table, {"number", "min", "max"}));
  const auto decimals = table["number"].value<std::int64_t>();
  const auto min = table["min"].value<double>();
  const auto max = table["max"].value<double>();
  if (!decimals || *decimals < 0 || *decimals > 9) return Bad(table, "number = decimals, 0 to 9");
  if (!min || !max || !(*min <= *max) || !(std::max(std::abs(*min), std::abs(*max)) * std::pow(10, *decimals) < 0x1p53))
    return Bad(table, "a number needs min <= max, both below 2^53 when multiplied by 10^decimals");
  Field field{.kind = Kind::kNumber, .decimals = static_cast<int>(*decimals), .min = *min, .max = *max};
  field.bits = std::log2((*max - *min) * std::pow(10, *decimals) + 2);  // one more value: null
  return field;
}

Result<Field> Reader::ReadField(const toml::node& node) const {
  if (const auto name = node.value<std::string>()) {
    const auto simple = std::ranges::find(kSimple, *name, &SimpleKind::name);
    if (simple == kSimple.end()) return Bad(node, "expected drop, pseudonym, id, digest, date, time, flag, or a table");
    return Field{.kind = simple->kind, .bits = simple->bits};
  }
  const auto* table = node.as_table();
  if (table == nullptr) return Bad(node, "expected a text or a table");
  if (table->contains("number")) return ReadNumber(*table);
  EDGEWISE_TRY(OnlyKeys(*table, {"text", "values", "number"}));
  if (const auto* values = table->get("values")) {
    EDGEWISE_ASSIGN(auto texts, ReadTexts(*values));
    const auto bits = std::log2(static_cast<double>(texts.size() + 1));
    return Field{.kind = Kind::kValues, .values = std::move(texts), .bits = bits};
  }
  const auto length = (*table)["text"].value<std::int64_t>();
  if (!length || *length < 1 || *length > 64) return Bad(node, "text = greatest length, 1 to 64 bytes");
  constexpr double kBitsPerLetter = 6.11;  // 69 letters: see IsPlain() in judge.cc
  return Field{.kind = Kind::kText, .length = static_cast<std::size_t>(*length), .bits = kBitsPerLetter * static_cast<double>(*length)};
}

Result<void> Reader::Place(Rule& rule, std::string_view path, Field field, const toml::node& node) const {
  if (rule.paths.size() == kFieldsPerType) return Bad(node, "a type may name 64 fields at most");
  auto* place = &rule.data;
  auto rest = path;
  while (true) {
    const auto dot = rest.find('.');
    const auto name = rest.substr(0, dot);
    const auto plain = std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
    if (name.empty() || !plain) return Bad(node, "a field is named by letters, digits and _, its parts joined by dots");
    if (place->is_field) return Bad(node, "a field with an action cannot have fields inside");
    place = &place->children[std::string(name)];
    if (dot == std::string_view::npos) {
      field.domain = name;
      break;
    }
    rest.remove_prefix(dot + 1);
  }
  if (place->is_field || !place->children.empty()) return Bad(node, "the field is named twice, or has fields inside");
  field.place = rule.paths.size();
  rule.paths.emplace_back(path);
  place->is_field = true;
  place->field = std::move(field);
  return {};
}

Result<Rule> Reader::ReadRule(const toml::table& table) const {
  EDGEWISE_TRY(OnlyKeys(table, {"type", "share", "subjects", "fields"}));
  Rule rule;
  rule.type = table["type"].value_or(std::string());
  if (!event::Understands(rule.type)) return Bad(table, "type must be an event type of this version, such as io.edgewise.sample.v1");
  rule.share = table["share"].value_or(1.0);
  if (table.contains("share") && (!table["share"].is_number() || !(rule.share >= 0 && rule.share <= 1)))
    return Bad(*table.get("share"), "share must be 0 .. 1");
  if (const auto* subjects = table.get("subjects")) {
    EDGEWISE_ASSIGN(rule.subjects, ReadTexts(*subjects));
  }
  const auto* fields = table["fields"].as_table();
  if (fields == nullptr) return Bad(table, "the rule needs a table of fields; [allow.fields]");
  for (const auto& [path, node] : *fields) {
    EDGEWISE_ASSIGN(auto field, ReadField(node));
    EDGEWISE_TRY(Place(rule, path.str(), std::move(field), node));
  }
  return rule;
}

Result<std::map<std::string, Rule, std::less<>>> Reader::Read(const toml::table& root) const {
  EDGEWISE_TRY(OnlyKeys(root, {"schema", "allow"}));
  if (root["schema"].value_or(std::string()) != kSchema) return Bad(root, fmt::format("schema must be \"{}\"", kSchema));
  std::map<std::string, Rule, std::less<>> rules;
  if (!root.contains("allow")) return rules;  // nothing leaves
  const auto* list = root["allow"].as_array();
  if (list == nullptr) return Bad(*root.get("allow"), "expected [[allow]]");
  for (const auto& item : *list) {
    if (!item.is_table()) return Bad(item, "expected [[allow]]");
    EDGEWISE_ASSIGN(auto rule, ReadRule(*item.as_table()));
    auto type = rule.type;
    if (!rules.emplace(std::move(type), std::move(rule)).second) return Bad(item, "the type has a rule already");
  }
  return rules;
}

}  // namespace

Result<Policy> Policy::FromToml(std::string_view text, std::string_view file, std::string_view key) {
  if (key.size() < 16) return Fail(Code::kInvalidArgument, fmt::format("{}: the site's key must have 16 bytes or more", file));
  std::optional<toml::table> root;
  try {
    root = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  Rules rules;
  EDGEWISE_ASSIGN(rules.by_type, Reader(file).Read(*root));
  rules.digest = Digest::Of(text);
  rules.pseudonym_key = Hmac(key, "edgewise.pseudonym.v1").Hex();
  rules.seal_key = Hmac(key, "edgewise.cut.v1").Hex();
  return Policy(std::make_shared<const Rules>(std::move(rules)));
}

Digest Policy::digest() const { return rules_->digest; }

}  // namespace edgewise::relay
