#include "example.h"

#include <fmt/format.h>

#include <cstdio>

#include "relay/policy.h"

namespace edgewise {

Result<Example> ReadExample(Files& files, const Configuration& configuration) {
  Example example;
  EDGEWISE_ASSIGN(const auto features, files.Read(configuration.features));
  EDGEWISE_ASSIGN(example.program, feature::Program::FromToml(features, configuration.features.string()));
  EDGEWISE_ASSIGN(const auto rules, files.Read(configuration.rules));
  EDGEWISE_ASSIGN(example.rules, site::RulesFromToml(rules, configuration.rules.string(), example.program));
  EDGEWISE_ASSIGN(example.policy, files.Read(configuration.policy));
  for (const auto& table : configuration.tables) {
    EDGEWISE_ASSIGN(const auto csv, files.Read(table.file));
    EDGEWISE_ASSIGN(example.tables[table.name], feature::ReadTable(csv, table.key, table.columns));
  }
  EDGEWISE_TRY(feature::CheckTables(example.program, example.tables));
  return example;
}

Result<Digest> CheckPolicy(const Example& example, const Configuration& configuration) {
  EDGEWISE_ASSIGN(const auto policy,
                  relay::Policy::FromToml(example.policy, configuration.policy.string(), "a key for trials, not a site's"));
  return policy.digest();
}

Result<EventTime> ReadMoment(const std::string& text, const TimeZone& zone) {
  if (text.ends_with("Z")) return ParseTime(text);
  CivilTime civil;
  int end = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &civil.year, &civil.month, &civil.day, &end);
  if (read == 3 && static_cast<std::size_t>(end) == text.size() && civil.month >= 1 && civil.month <= 12) return zone.FromCivil(civil);
  return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is no date such as 2013-02-01, nor a time such as 2013-02-01T05:00:00Z", text));
}

}  // namespace edgewise
