#include "site/rules.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/suggest.h"
#include "site/rule_options.h"

namespace edgewise::site {
namespace {

/// Reads one document; the first thing that is wrong is kept and everything after it is empty.
class Reader {
 public:
  Reader(std::string_view file, const feature::Program& program) : file_(file), program_(program) {}

  std::string Text(const toml::table& table, std::string_view key) {
    const auto* node = table.get(key);
    if (node == nullptr || !node->is_string()) return Wrong(table.source(), fmt::format("\"{}\" must be a text", key));
    return node->value_or(std::string());
  }
  double Number(const toml::table& table, std::string_view key, double otherwise) {
    const auto* node = table.get(key);
    if (node == nullptr) return otherwise;
    const auto number = node->value<double>();
    if (!number) Wrong(node->source(), fmt::format("\"{}\" must be a number", key));
    return number.value_or(otherwise);
  }
  std::vector<std::string> Texts(const toml::table& table, std::string_view key) {
    std::vector<std::string> texts;
    const auto* array = table.get_as<toml::array>(key);
    if (array == nullptr) {
      Wrong(table.source(), fmt::format("\"{}\" must be a list of texts", key));
      return texts;
    }
    for (const auto& node : *array) texts.push_back(node.value_or(std::string()));
    return texts;
  }
  const toml::table* Table(const toml::table& table, std::string_view key) {
    const auto* found = table.get_as<toml::table>(key);
    if (found == nullptr) Wrong(table.source(), fmt::format("table \"{}\" is missing", key));
    return found;
  }
  /// Refuses keys that no option of this section declares.
  void Only(const toml::table& table, std::string_view section) {
    const auto known = KeysOf(RuleOptions(), section);
    for (const auto& [key, node] : table) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      Wrong(key.source(), fmt::format("unknown key {}", Suggest(key.str(), known)));
    }
  }
  void Stream(const toml::table& table, const std::string& stream, const std::vector<std::string>& fields) {
    const auto* spec = program_.stream(stream);
    if (spec == nullptr) {
      Wrong(table.source(), fmt::format("stream \"{}\" is not declared in the features file", stream));
    } else {
      Fields(table, *spec, fields);
    }
  }
  void Fields(const toml::table& table, const feature::StreamSpec& spec, const std::vector<std::string>& fields) {
    for (const auto& field : fields) {
      if (!field.empty() && spec.Find(field) < 0) Wrong(table.source(), fmt::format("\"{}\" has no field \"{}\"", spec.name, field));
    }
  }
  const feature::Program& program() const { return program_; }
  std::string Wrong(const toml::source_region& where, const std::string& what) {
    if (!error_) error_ = Error{Code::kInvalidArgument, fmt::format("{}:{}: {}", file_, where.begin.line, what)};
    return {};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string file_;
  const feature::Program& program_;
  std::optional<Error> error_;
};

LabelRule ReadLabel(Reader& in, const toml::table& table) {
  in.Only(table, "label");
  LabelRule rule;
  rule.model = in.Text(table, "model");
  rule.key = in.Texts(table, "key");
  rule.stream = in.Text(table, "stream");
  rule.field = in.Text(table, "field");
  rule.above = in.Number(table, "above", 0);
  rule.never_streams = in.Texts(table, "never_streams");
  rule.never_after = std::chrono::hours(static_cast<int>(in.Number(table, "never_after_hours", 72)));
  rule.due = in.Text(table, "due");
  in.Fields(table, in.program().request(), rule.key);
  in.Fields(table, in.program().request(), {rule.due});
  auto outcome = rule.key;
  outcome.push_back(rule.field);
  in.Stream(table, rule.stream, outcome);
  for (const auto& stream : rule.never_streams) in.Stream(table, stream, rule.key);
  return rule;
}

DisruptionRule ReadDisruption(Reader& in, const toml::table& table) {
  in.Only(table, "disruption");
  DisruptionRule rule;
  rule.enabled = true;
  rule.key = in.Texts(table, "key");
  rule.due_stream = in.Text(table, "due_stream");
  rule.due_field = in.Text(table, "due_field");
  rule.started_stream = in.Text(table, "started_stream");
  rule.lateness_field = in.Text(table, "lateness_field");
  rule.cancelled_stream = in.Text(table, "cancelled_stream");
  rule.options.mad_floor = in.Number(table, "mad_floor", rule.options.mad_floor);
  rule.options.alarm = in.Number(table, "alarm", rule.options.alarm);
  rule.options.cap = in.Number(table, "cap", rule.options.cap);
  rule.options.least_due = static_cast<std::uint32_t>(in.Number(table, "least_due", rule.options.least_due));
  in.Stream(table, rule.due_stream, rule.key);
  in.Stream(table, rule.due_stream, {rule.due_field});
  in.Stream(table, rule.started_stream, rule.key);
  in.Stream(table, rule.started_stream, {rule.lateness_field});
  in.Stream(table, rule.cancelled_stream, rule.key);
  return rule;
}

InsightRule ReadInsight(Reader& in, const toml::table& table) {
  in.Only(table, "insight");
  InsightRule rule{in.Text(table, "flight"), in.Text(table, "tail"), in.Text(table, "dest"), in.Text(table, "note")};
  in.Fields(table, in.program().request(), {rule.flight, rule.tail, rule.dest, rule.note});
  return rule;
}

}  // namespace

Result<Rules> RulesFromToml(std::string_view toml, std::string_view file, const feature::Program& program) {
  toml::table document;
  try {
    document = toml::parse(toml, file);
  } catch (const toml::parse_error& error) {  // the library's only way to say it
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  Reader in(file, program);
  in.Only(document, "");
  Rules rules;
  rules.drift_period = std::chrono::hours(static_cast<int>(24 * in.Number(document, "drift_days", 7)));
  rules.most_ahead = std::chrono::minutes(static_cast<int>(in.Number(document, "most_ahead_minutes", 15)));
  if (const auto* table = in.Table(document, "label")) rules.label = ReadLabel(in, *table);
  if (document.contains("disruption")) {
    if (const auto* table = in.Table(document, "disruption")) rules.disruption = ReadDisruption(in, *table);
  }
  if (const auto* table = in.Table(document, "insight")) rules.insight = ReadInsight(in, *table);
  if (in.error()) return std::unexpected(*in.error());
  if (rules.label.key.empty()) return Fail(Code::kInvalidArgument, fmt::format("{}: [label] needs at least one key field", file));
  return rules;
}

}  // namespace edgewise::site
