#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "commands.h"
#include "event/event.h"
#include "relay/policy.h"

namespace edgewise {
namespace {

struct Choice {
  std::string file, event;
  bool json = false;
};

constexpr std::string_view kTrialKey = "a key for trials, not a site's";

Result<relay::Policy> ReadPolicy(const std::string& file) {
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(file));
  return relay::Policy::FromToml(text, file, kTrialKey);
}

Result<int> Check(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto policy, ReadPolicy(choice.file));
  if (choice.json) {
    fmt::print("{}\n", nlohmann::json{{"file", choice.file}, {"digest", policy.digest().ToString()}}.dump());
  } else {
    fmt::print("{}: a good policy\n{}\n", choice.file, policy.digest().ToString());
  }
  return 0;
}

/// Exit code: 0 it may leave, 3 it may not.
Result<int> Try(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto policy, ReadPolicy(choice.file));
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(choice.event));
  EDGEWISE_ASSIGN(auto event, event::FromJson(text));
  const auto verdict = policy.Judge(event::Raw<event::Event>(std::move(event)));
  const auto line = verdict.line ? std::string(verdict.line->value()) : std::string();
  if (choice.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"allowed", verdict.allowed},
                                              {"rule", verdict.rule},
                                              {"dropped", verdict.dropped},
                                              {"pseudonymised", verdict.pseudonymised},
                                              {"unnamed", verdict.unnamed},
                                              {"leak_bits", verdict.leak_bits},
                                              {"leaves", line}}
                           .dump());
  } else {
    fmt::print("{} by rule \"{}\"; {} fields dropped, {} as pseudonyms, {} unknown\n{}\n", verdict.allowed ? "may leave" : "stays",
               verdict.rule, verdict.dropped.size(), verdict.pseudonymised.size(), verdict.unnamed, line);
  }
  return verdict.allowed ? 0 : 3;
}

}  // namespace

void AddPolicyCommand(CLI::App& program, int& exit_code) {
  auto* policy = program.add_subcommand("policy", "check a policy, or try what it lets out");
  policy->require_subcommand(1);
  policy->footer(
      "Example:\n  edgewise policy check examples/flights/policy.toml\n  edgewise policy try examples/flights/policy.toml --event "
      "event.json");
  const auto choice = std::make_shared<Choice>();  // lives as long as the commands
  const auto add = [&](const char* name, const char* what, auto work) {
    auto* command = policy->add_subcommand(name, what);
    command->add_option("file", choice->file, "the policy (TOML)")->required()->check(CLI::ExistingFile);
    command->add_flag("--json", choice->json, "print JSON");
    command->callback([choice, work, &exit_code] {
      const auto code = work(*choice);
      exit_code = code ? *code : ExitCode(code.error());
    });
    return command;
  };
  add("check", "read it and say its digest", Check)->footer("Example:\n  edgewise policy check examples/flights/policy.toml");
  auto* tried = add("try", "what of an event would leave: nothing is sent", Try);
  tried->add_option("--event", choice->event, "a CloudEvent (JSON)")->required();
  tried->footer("Exit code 3: it stays.\nExample:\n  edgewise policy try examples/flights/policy.toml --event event.json");
}

}  // namespace edgewise
