#include "example.h"

#include <fmt/format.h>

#include "base/date.h"
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
  const auto date = ParseDate(text);
  if (date) return zone.FromCivil(*date);
  return Fail(Code::kInvalidArgument, date.error().message + "; a time such as 2013-02-01T05:00:00Z is taken too");
}

}  // namespace edgewise
