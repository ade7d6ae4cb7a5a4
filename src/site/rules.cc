#include "site/rules.h"

#include <fmt/format.h>

#include <cmath>

#include "base/toml_reader.h"
#include "site/rule_options.h"

namespace edgewise::site {
namespace {

constexpr double kMost = 1'000'000;  // of what becomes a whole number

/// Checks names against the features file, too.
class Reader : public TomlReader {
 public:
  Reader(std::string_view file, const feature::Program& program) : TomlReader(std::string(file), RuleOptions()), program_(program) {}

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
      if (spec.Find(field) < 0) Wrong(table.source(), fmt::format("\"{}\" has no field \"{}\"", spec.name, field));
    }
  }
  std::vector<std::string> Key(const toml::table& table) {
    auto key = Texts(table, "key");
    if (key.empty()) Wrong(table, "key", "must name at least one field");
    return key;
  }
  const feature::Program& program() const { return program_; }

 private:
  const feature::Program& program_;
};

LabelRule ReadLabel(Reader& in, const toml::table& table) {
  in.Only(table, "label");
  LabelRule rule;
  rule.model = in.Text(table, "model");
  rule.key = in.Key(table);
  rule.stream = in.Text(table, "stream");
  rule.field = in.Text(table, "field");
  rule.above = in.NumberOr(table, "above", 0, {});
  rule.never_streams = in.Texts(table, "never_streams");
  rule.never_after = std::chrono::hours(static_cast<int>(in.NumberOr(table, "never_after_hours", 72, {.least = 0, .most = kMost})));
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
  rule.key = in.Key(table);
  rule.due_stream = in.Text(table, "due_stream");
  rule.due_field = in.Text(table, "due_field");
  rule.started_stream = in.Text(table, "started_stream");
  rule.lateness_field = in.Text(table, "lateness_field");
  rule.cancelled_stream = in.Text(table, "cancelled_stream");
  rule.options.mad_floor = in.NumberOr(table, "mad_floor", rule.options.mad_floor, {.above = 0});
  rule.options.alarm = in.NumberOr(table, "alarm", rule.options.alarm, {.above = 0});
  rule.options.cap = in.NumberOr(table, "cap", rule.options.cap, {.above = 0});
  rule.options.least_due = static_cast<std::uint32_t>(in.NumberOr(table, "least_due", rule.options.least_due, {.least = 1, .most = kMost}));
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
  EDGEWISE_ASSIGN(const auto document, TomlReader::Parse(toml, std::string(file)));
  Reader in(file, program);
  in.Only(document, "");
  Rules rules;
  rules.drift_period =
      std::chrono::hours(static_cast<int>(std::ceil(24 * in.NumberOr(document, "drift_days", 7, {.above = 0, .most = kMost}))));
  rules.most_ahead = std::chrono::minutes(static_cast<int>(in.NumberOr(document, "most_ahead_minutes", 15, {.least = 0, .most = kMost})));
  rules.label = ReadLabel(in, in.Table(document, "label"));
  if (document.contains("disruption")) rules.disruption = ReadDisruption(in, in.Table(document, "disruption"));
  rules.insight = ReadInsight(in, in.Table(document, "insight"));
  if (in.error()) return std::unexpected(*in.error());
  return rules;
}

}  // namespace edgewise::site
