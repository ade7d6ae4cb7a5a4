#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "example.h"
#include "net/http.h"
#include "relay/policy.h"

namespace edgewise {
namespace {

struct Finding {
  std::string what;
  bool good = false;
  std::string fix;  ///< What to do, or what was found.
};

Finding Check(std::string what, const Result<void>& result, std::string good) {
  return {std::move(what), result.has_value(), result ? std::move(good) : result.error().message};
}

Result<void> AddressFree(const std::string& address) {
  EDGEWISE_ASSIGN(
      const auto server,
      net::HttpServer::Start({{address}}, [](const auto&, const auto& respond) { respond(net::HttpResponse::Text(200, "")); }, {}));
  server->Stop();
  return {};
}

Result<void> Writable(const std::filesystem::path& folder) {
  EDGEWISE_TRY(SystemFiles().MakeDirs(folder));
  const auto probe = folder / "doctor.probe";
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(probe, "may this be written?"));
  return SystemFiles().Remove(probe);
}

Result<void> RoomLeft(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error || space.available >= (1ULL << 30U)) return {};
  return Fail(Code::kResourceExhausted, fmt::format("{} MB are free; a site wants 1,024", space.available >> 20U));
}

std::vector<Finding> Examine(const std::string& file) {
  std::vector<Finding> found;
  const auto configuration = ReadConfiguration(file);
  found.push_back({"configuration", configuration.has_value(), configuration ? file : configuration.error().message});
  if (!configuration) return found;
  const auto example = ReadExample(SystemFiles(), *configuration);
  found.push_back({"features, rules, tables", example.has_value(), example ? "all read" : example.error().message});
  if (example) {
    const auto policy = relay::Policy::FromToml(example->policy, configuration->policy.string(), "a key for trials, not a site's");
    found.push_back({"policy", policy.has_value(), policy ? policy->digest().ToString() : policy.error().message});
  }
  found.push_back(Check("state folder", Writable(configuration->state), configuration->state.string()));
  found.push_back(Check("disk", RoomLeft(configuration->state), "enough room"));
  found.push_back(Check("hub's address", AddressFree(configuration->hub), configuration->hub));
  found.push_back(Check("registry's address", AddressFree(configuration->registry), configuration->registry));
  for (const auto& site : configuration->sites) found.push_back(Check("address of " + site.name, AddressFree(site.address), site.address));
  return found;
}

}  // namespace

void AddDoctorCommand(CLI::App& program, int& exit_code) {
  auto* doctor = program.add_subcommand("doctor", "look whether a configuration can run here, before it does");
  doctor->footer("Exit code 1: something must be mended first.\nExample:\n  edgewise doctor -c examples/flights/edgewise.toml");
  const auto file = std::make_shared<std::string>();  // both live as long as the command
  const auto json = std::make_shared<bool>(false);
  doctor->add_option("-c,--config", *file, "what is to run")->required();
  doctor->add_flag("--json", *json, "print JSON");
  doctor->callback([file, json, &exit_code] {
    auto out = nlohmann::ordered_json::array();
    for (const auto& finding : Examine(*file)) {
      if (!finding.good) exit_code = 1;
      out.push_back({{"what", finding.what}, {"good", finding.good}, {"found", finding.fix}});
      if (!*json) fmt::print("{:<5}{:<26}{}\n", finding.good ? "ok" : "MEND", finding.what, finding.fix);
    }
    if (*json) fmt::print("{}\n", out.dump());
  });
}

}  // namespace edgewise
