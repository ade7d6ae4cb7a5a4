// deploy, deploy back, deploy history: which version of a model the sites are to run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "commands.h"
#include "deployment.h"
#include "usage.h"

namespace edgewise {
namespace {

using nlohmann::ordered_json;

struct Choice {
  std::string hub = "127.0.0.1:8080", model, version, decision = "deployed", reason, card;
  std::vector<std::string> sites;
  std::uint64_t to = 0;
  bool wait = false, as_json = false;
  int seconds = 120;
};

/// "delay=repository@sha256:..."
Result<deploy::DesiredModel> ReadModel(const Choice& choice) {
  const auto equals = choice.model.find('='), at = choice.model.find('@');
  if (equals == std::string::npos || at == std::string::npos || at < equals) {
    return Fail(Code::kInvalidArgument, fmt::format("--model \"{}\" must be like delay=delay@sha256:...", choice.model));
  }
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(choice.model.substr(at + 1)));
  return deploy::DesiredModel{choice.model.substr(0, equals), choice.model.substr(equals + 1, at - equals - 1), digest, choice.version};
}

std::string Described(const deploy::DesiredState& state) {
  std::vector<std::string> models;
  for (const auto& model : state.models) models.push_back(fmt::format("{} {} {}", model.name, model.version, model.digest.Short()));
  return models.empty() ? "nothing" : fmt::format("{}", fmt::join(models, ", "));
}

/// A label names one image: under the same one the hub would forget what it knows of the other.
Result<void> CheckLabel(HubClient& hub, const deploy::DesiredModel& model) {
  EDGEWISE_ASSIGN(const auto known, hub.Ask("GET", "/api/models"));
  for (const auto& entry : known.value("models", nlohmann::json::array())) {
    const auto digest = entry.value("digest", "");
    if (entry.value("version", "") != model.version || digest.empty() || digest == model.digest.ToString()) continue;
    return Fail(Code::kInvalidArgument,
                fmt::format("version \"{}\" is the label of another model, {}; give --version a label of its own", model.version, digest));
  }
  return {};
}

Result<void> Register(const Choice& choice, HubClient& hub, const deploy::DesiredModel& model) {
  ordered_json entry = {{"version", choice.version},
                        {"digest", model.digest.ToString()},
                        {"repository", model.repository},
                        {"decision", choice.decision},
                        {"reason", choice.reason}};
  if (!choice.card.empty()) {
    EDGEWISE_ASSIGN(entry["card"], SystemFiles().Read(choice.card));
  }
  EDGEWISE_ASSIGN(const auto done, hub.Ask("POST", "/api/models", entry.dump()));
  return done.is_object() ? Result<void>() : Fail(Code::kUnavailable, "the hub did not take the model");
}

/// Puts a state under a new number at each of the sites, and waits if that was asked.
Result<void> Put(const Choice& choice, HubClient& hub, const std::vector<StepBack>& wanted, std::uint64_t number) {
  std::vector<std::string> sites;
  for (auto [site, state] : wanted) {
    state.number = number;
    const auto put = hub.Ask("PUT", fmt::format("/api/sites/{}/desired", site), deploy::ToJson(state));
    if (!put) return Fail(put.error().code, fmt::format("{} (sites told so far: {})", put.error().message, fmt::join(sites, ", ")));
    sites.push_back(site);
  }
  return choice.wait ? WaitForSites(hub, sites, number, Deadline::After(std::chrono::seconds(choice.seconds))) : Result<void>();
}

Result<void> Deploy(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto model, ReadModel(choice));
  HubClient hub(choice.hub);
  EDGEWISE_ASSIGN(const auto sites, ChooseSites(hub, choice.sites));
  EDGEWISE_TRY(CheckLabel(hub, model));
  EDGEWISE_ASSIGN(const auto number, NextNumber(hub));
  EDGEWISE_ASSIGN(const auto histories, ReadHistory(hub, sites));
  EDGEWISE_TRY(Register(choice, hub, model));
  std::vector<StepBack> wanted;
  for (const auto& site : sites) {  // a site's other models and its policy stay as they are
    const auto known = std::ranges::find(histories, site, &SiteHistory::site);
    wanted.push_back({site, deploy::WithModel(known == histories.end() ? deploy::DesiredState() : known->states.front(), model)});
  }
  EDGEWISE_TRY(Put(choice, hub, wanted, number));
  if (choice.as_json) {
    fmt::print("{}\n", ordered_json{{"number", number}, {"sites", sites}, {"digest", model.digest.ToString()}}.dump());
  } else {
    fmt::print("{} {} at {} sites as number {}\n", choice.version, choice.wait ? "is live" : "is wanted", sites.size(), number);
  }
  return {};
}

Result<void> Back(const Choice& choice) {
  HubClient hub(choice.hub);
  EDGEWISE_ASSIGN(const auto sites, ChooseSites(hub, choice.sites));
  EDGEWISE_ASSIGN(const auto histories, ReadHistory(hub, sites));
  EDGEWISE_ASSIGN(const auto wanted, PlanBack(histories, choice.to));
  EDGEWISE_ASSIGN(const auto number, NextNumber(hub));
  EDGEWISE_TRY(Put(choice, hub, wanted, number));
  auto list = ordered_json::array();
  for (const auto& [site, state] : wanted) {
    list.push_back({{"site", site}, {"as", state.number}, {"desired", ordered_json::parse(deploy::ToJson(state))}});
    if (!choice.as_json) fmt::print("{}: as of number {}: {}\n", site, state.number, Described(state));
  }
  if (choice.as_json) {
    fmt::print("{}\n", ordered_json{{"number", number}, {"sites", list}}.dump());
  } else if (wanted.empty()) {
    fmt::print("nothing to do: every site is to run what it was to run at number {}\n", choice.to);
  } else {
    fmt::print("{} as number {}\n", choice.wait ? "live" : "wanted", number);
  }
  return {};
}

/// What to say of a number beside the newest, and the newest that was live.
std::string_view Remark(std::uint64_t number, std::uint64_t newest, std::uint64_t applied) {
  if (number == newest) return number > applied ? "  (now; not live)" : "  (now)";
  return number > applied ? "  (was never live)" : "";
}

Result<void> History(const Choice& choice) {
  HubClient hub(choice.hub);
  EDGEWISE_ASSIGN(const auto sites, ChooseSites(hub, choice.sites));
  EDGEWISE_ASSIGN(const auto histories, ReadHistory(hub, sites));
  auto list = ordered_json::array();
  for (const auto& [site, states, applied] : histories) {
    auto documents = ordered_json::array();
    for (const auto& state : states) {
      documents.push_back(ordered_json::parse(deploy::ToJson(state)));
      if (!choice.as_json)
        fmt::print("{:<7} {:>6}  {}{}\n", site, state.number, Described(state), Remark(state.number, states.front().number, applied));
    }
    list.push_back({{"site", site}, {"states", documents}});
  }
  if (choice.as_json) fmt::print("{}\n", ordered_json{{"sites", list}}.dump());
  return {};
}

void AddCommon(CLI::App& command, const std::shared_ptr<Choice>& choice) {
  AddAddress(command, "--hub", choice->hub, "host:port of the hub")->capture_default_str();
  command.add_option("--site", choice->sites, "these sites only; else all that the hub knows");
  command.add_flag("--json", choice->as_json, "print JSON");
}

void AddWait(CLI::App& command, const std::shared_ptr<Choice>& choice) {
  command.add_flag("--wait", choice->wait, "until every one of the sites runs it");
  command.add_option("--timeout", choice->seconds, "seconds to wait")->check(CLI::Range(1, 86'400))->capture_default_str();
}

using Work = Result<void> (*)(const Choice&);

CLI::App* AddPart(CLI::App& deploy, int& exit_code, const char* name, const char* what, Work work, const std::shared_ptr<Choice>& choice) {
  auto* command = deploy.add_subcommand(name, what);
  AddCommon(*command, choice);
  command->callback([choice, work, &exit_code] {
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

}  // namespace

void AddDeployCommand(CLI::App& program, int& exit_code) {
  auto* deploy = program.add_subcommand("deploy", "tell sites which version of a model to run, or go back to an earlier one");
  deploy->require_subcommand(0, 1);
  const auto choice = std::make_shared<Choice>();  // each lives as long as its command
  AddCommon(*deploy, choice);
  AddWait(*deploy, choice);
  auto* model = deploy->add_option("--model", choice->model, "NAME=REPOSITORY@DIGEST (needed)");
  auto* version = deploy->add_option("--version", choice->version, "label for people (needed)");
  deploy->add_option("--decision", choice->decision, "how it came to be live: pilot, frozen, ...");
  deploy->add_option("--reason", choice->reason, "one sentence for people");
  deploy->add_option("--card", choice->card, "its model.json: lets the hub trace scores to training data");
  deploy->callback([deploy, model, version, choice, &exit_code] {
    if (!deploy->get_subcommands().empty()) return;  // back and history are commands of their own
    for (const auto* needed : {model, version}) {
      if (needed->count() == 0) throw CLI::RequiredError(needed->get_name());
    }
    if (const auto done = Deploy(*choice); !done) exit_code = ExitCode(done.error());
  });

  const auto back = std::make_shared<Choice>();
  auto* go_back = AddPart(*deploy, exit_code, "back",
                          "want again what the sites were to run before, under a new number; once more undoes it", Back, back);
  AddWait(*go_back, back);
  go_back
      ->add_option("--to", back->to,
                   "as of this number; else the newest at which a site ran something else, of those not known to have failed")
      ->check(CLI::PositiveNumber);
  go_back->footer("Example:\n  edgewise deploy back --hub 127.0.0.1:8080 --to 3 --wait");

  auto* history = AddPart(*deploy, exit_code, "history", "what the sites are to run and were to run, newest first", History,
                          std::make_shared<Choice>());
  history->footer("Example:\n  edgewise deploy history --hub 127.0.0.1:8080 --site EWR");
  deploy->footer(
      "Example:\n  edgewise deploy --hub 127.0.0.1:8080 --model delay=delay@sha256:... --version pilot --wait\n"
      "  edgewise deploy history --hub 127.0.0.1:8080\n  edgewise deploy back --hub 127.0.0.1:8080 --to 3");
}

}  // namespace edgewise
