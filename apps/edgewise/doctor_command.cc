#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "configuration_check.h"
#include "doctor.h"
#include "example.h"
#include "queue_access.h"
#include "site/journal_scrub.h"
#include "wrap.h"

namespace edgewise {
namespace {

std::vector<Finding> ExamineFiles(const Configuration& configuration) {
  std::vector<Finding> found;
  const auto example = ReadExample(SystemFiles(), configuration);
  const auto read = example ? Result<void>() : std::unexpected(example.error());
  found.push_back(
      Check("features, rules, tables", read, "all read", "mend the line that is named, or the path to the file in the configuration"));
  found.push_back(
      Check("pages, history", CheckPaths(configuration), "all there",
            "mend the path in the configuration, or make the file: tools/build-web makes pages, edgewise train samples a history"));
  if (!example) return found;
  found.push_back(Check("names", CheckNames(configuration, *example), "tables and model fit",
                        "use one name in the configuration and in the file of features or rules, or take the section out"));
  const auto policy = CheckPolicy(*example, configuration);
  const auto checked = policy ? Result<void>() : std::unexpected(policy.error());
  found.push_back(
      Check("policy", checked, policy ? policy->Short() : "", "mend the line that is named; docs/formats/policy.md has the form"));
  return found;
}

/// Of each site that has run here, also while it does.
std::vector<Finding> ExamineQueues(const Configuration& configuration) {
  std::vector<Finding> found;
  for (const auto& site : configuration.sites) {
    const auto folder = configuration.state / "sites" / site.name;
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "queue.db", ignored)) continue;
    const auto queue = QueueAccess::Open(folder);
    const auto depths = queue ? (*queue)->Depths() : std::unexpected(queue.error());
    const auto opened = depths ? Result<void>() : std::unexpected(depths.error());
    std::uint64_t damaged = 0, missing = 0, dead = 0, waiting = 0;
    for (const auto& depth : depths.value_or(std::vector<queue::LaneDepth>())) {
      damaged += depth.damaged;
      missing += depth.missing;
      dead += depth.dead;
      waiting += depth.waiting;
    }
    found.push_back(Check("queue of " + site.name, opened, fmt::format("{} events wait", waiting), "do what the line above says"));
    if (damaged + missing > 0) {
      found.push_back({"disk under " + site.name, false, fmt::format("{} records are damaged, {} are missing", damaged, missing),
                       "look at the disk (smartctl -a) and replace it; what is left of damaged records: edgewise events dead list --path " +
                           folder.string()});
    }
    if (dead > 0) {
      found.push_back({"dead events of " + site.name, false, fmt::format("{} were taken out of the line", dead),
                       "edgewise events dead list, then dead retry or dead drop, with --path " + folder.string()});
    }
  }
  return found;
}

/// Likewise; all of them are read, also while their sites write them.
std::vector<Finding> ExamineJournals(const Configuration& configuration) {
  std::vector<Finding> found;
  for (const auto& site : configuration.sites) {
    const auto folder = configuration.state / "sites" / site.name / "journal";
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored)) continue;
    site::JournalScrub scrub(SystemFiles(), folder);
    auto read = scrub.Step();
    while (read && !read->done) read = scrub.Step();
    const auto lost = read ? read->lost : 0;
    const auto whole = !read      ? std::unexpected(read.error())
                       : lost > 0 ? Result<void>(Fail(Code::kDataLoss, fmt::format("{} entries cannot be read", lost)))
                                  : Result<void>();
    found.push_back(Check("journal of " + site.name, whole, "all of it can be read",
                          "look at the disk (smartctl -a) and replace it; the site goes on without what is lost"));
  }
  return found;
}

std::vector<Finding> Examine(const std::string& file) {
  const auto configuration = ReadConfiguration(file);
  const auto read = configuration ? Result<void>() : std::unexpected(configuration.error());
  std::vector<Finding> found = {Check("configuration", read, file, "mend the line that is named; edgewise options lists every key")};
  if (!configuration) return found;
  for (auto& finding : ExamineFiles(*configuration)) found.push_back(std::move(finding));
  for (auto& finding : ExamineMachine(*configuration)) found.push_back(std::move(finding));
  for (auto& finding : ExamineOutside(*configuration)) found.push_back(std::move(finding));
  for (auto& finding : ExamineQueues(*configuration)) found.push_back(std::move(finding));
  for (auto& finding : ExamineJournals(*configuration)) found.push_back(std::move(finding));
  return found;
}

/// Of a configuration that cannot be read nothing is known.
bool RunsAlready(const std::string& file) {
  const auto configuration = ReadConfiguration(file);
  return configuration && Runs(*configuration);
}

void Print(const std::vector<Finding>& findings, bool runs) {
  for (const auto& finding : findings) {
    fmt::print("{}", Wrap(fmt::format("{:<6}{:<26}{}", finding.good ? "ok" : "MEND", finding.what, finding.found), 0, 32));
    if (!finding.good) fmt::print("{}", Wrap("fix: " + finding.fix, 6, 11));
  }
  const auto bad = std::ranges::count(findings, false, &Finding::good);
  if (runs) {
    fmt::print("{}\n", bad == 0 ? "edgewise up runs this here, and is well." : fmt::format("edgewise up runs this here; {} to mend.", bad));
  } else {
    fmt::print("{}\n", bad == 0 ? "edgewise up can run this here." : fmt::format("{} to mend before edgewise up can run this.", bad));
  }
}

nlohmann::ordered_json ToJson(const std::vector<Finding>& findings) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& finding : findings)
    out.push_back({{"what", finding.what}, {"good", finding.good}, {"found", finding.found}, {"fix", finding.fix}});
  return out;
}

}  // namespace

Finding Check(std::string what, const Result<void>& result, std::string good, std::string fix) {
  if (result) return {std::move(what), true, std::move(good), ""};
  return {std::move(what), false, result.error().message, std::move(fix)};
}

nlohmann::ordered_json FindingsOf(const std::string& configuration_file) { return ToJson(Examine(configuration_file)); }

void AddDoctorCommand(CLI::App& program, int& exit_code) {
  auto* doctor = program.add_subcommand("doctor", "look whether a configuration can run here, or whether what runs is well");
  doctor->footer(
      "Exit code 1: something must be mended first. Nothing is changed, but that a stopped site's queue of an older format is "
      "upgraded.\nExample:\n  edgewise doctor -c examples/flights/edgewise.toml");
  const auto file = std::make_shared<std::string>();  // both live as long as the command
  const auto json = std::make_shared<bool>(false);
  doctor->add_option("-c,--config", *file, "what is to run")->required();
  doctor->add_flag("--json", *json, "print JSON");
  doctor->callback([file, json, &exit_code] {
    const auto findings = Examine(*file);
    if (!std::ranges::all_of(findings, &Finding::good)) exit_code = 1;
    if (*json) {
      fmt::print("{}\n", ToJson(findings).dump());
    } else {
      Print(findings, RunsAlready(*file));
    }
  });
}

}  // namespace edgewise
