#include "configuration_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/suggest.h"

namespace edgewise {
namespace {

std::set<std::string> TablesOf(const feature::Program& program) {
  std::set<std::string> names;
  const auto document = nlohmann::json::parse(program.ToJson());  // our own: canonical
  for (const auto& feature : document.at("features")) {
    if (feature.contains("table")) names.insert(feature.at("table").get<std::string>());
  }
  return names;
}

}  // namespace

Result<void> CheckAddresses(const Configuration& configuration) {
  std::map<std::string, std::string> taken;
  const auto take = [&](const std::string& who, const std::string& address) -> Result<void> {
    const auto [there, fresh] = taken.emplace(address, who);
    if (fresh || address.ends_with(":0")) return {};  // each port 0 is another free one
    return Fail(Code::kInvalidArgument,
                fmt::format("{} and {} have one address, {}; give each an address of its own", there->second, who, address));
  };
  EDGEWISE_TRY(take("the hub", configuration.hub));
  EDGEWISE_TRY(take("the registry", configuration.registry));
  for (const auto& site : configuration.sites) {
    EDGEWISE_TRY(take("site " + site.name, site.address));
    for (const auto& tap : site.inputs.taps) EDGEWISE_TRY(take(fmt::format("tap {} of site {}", tap.name, site.name), tap.listen));
  }
  return {};
}

Result<void> CheckPaths(const Configuration& configuration) {
  std::error_code ignored;
  if (!configuration.pages.empty() && !std::filesystem::is_directory(configuration.pages, ignored))
    return Fail(Code::kNotFound, fmt::format("\"pages\" names {}, which is no folder", configuration.pages.string()));
  if (!configuration.improve) return {};
  for (const auto& file : configuration.improve->history) {
    if (!std::filesystem::is_regular_file(file, ignored))
      return Fail(Code::kNotFound, fmt::format("improve.history names {}, which is no file", file.string()));
  }
  return {};
}

Result<void> CheckNames(const Configuration& configuration, const Example& example) {
  const auto names = TablesOf(example.program);
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const auto& table : configuration.tables) {
    if (!names.contains(table.name))
      return Fail(Code::kInvalidArgument, fmt::format("no feature looks into [tables.NAME] {}", Suggest(table.name, known)));
  }
  const auto& labelled = example.rules.label.model;
  if (configuration.improve && configuration.improve->model != labelled) {
    return Fail(Code::kInvalidArgument,
                fmt::format("improve.model is \"{}\", but the rules label requests of \"{}\": it would learn nothing",
                            configuration.improve->model, labelled));
  }
  return {};
}

}  // namespace edgewise
