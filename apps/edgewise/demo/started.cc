#include "demo/started.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace edgewise::demo {

Result<Started> StartUp(const std::filesystem::path& program, const std::filesystem::path& folder, const std::vector<std::string>& sites) {
  const auto log = folder / "up.log";
  EDGEWISE_ASSIGN(auto child,
                  Child::Start({.command = {program, "up", "--json", "-c", folder / "edgewise.toml"}, .environment = {}, .log = log}));
  const auto line = child.ReadLine();
  if (!line) return Fail(Code::kInternal, fmt::format("edgewise up did not start; {} says why", log.string()));
  const auto addresses = nlohmann::json::parse(*line, nullptr, false);
  if (!addresses.is_object()) return Fail(Code::kInternal, "edgewise up said: " + *line);
  Started started{std::move(child), addresses.at("hub"), addresses.at("registry"), {}};
  for (const auto& site : sites) started.sites.push_back(addresses.at("sites").at(site));
  return started;
}

}  // namespace edgewise::demo
