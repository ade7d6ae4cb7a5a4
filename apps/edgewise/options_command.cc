// options, completion: the program says what it can.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "commands.h"

namespace edgewise {
namespace {

struct Listed {
  std::string command;  ///< "train fit"
  const CLI::App* app;
};

void Collect(const CLI::App& app, const std::string& prefix, std::vector<Listed>& into) {
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    const auto name = prefix.empty() ? sub->get_name() : prefix + " " + sub->get_name();
    into.push_back({name, sub});
    Collect(*sub, name, into);
  }
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

void PrintOptions(const CLI::App& program, bool as_json) {
  std::vector<Listed> all;
  Collect(program, "", all);
  auto json = nlohmann::ordered_json::array();
  for (const auto& [command, app] : all) {
    auto options = nlohmann::ordered_json::array();
    if (!as_json) fmt::print("{:<24}{}\n", command, app->get_description());
    for (const auto* option : app->get_options()) {
      if (option->get_name(false, true) == "-h,--help") continue;
      options.push_back(
          {{"name", option->get_name(false, true)}, {"description", option->get_description()}, {"required", option->get_required()}});
      if (!as_json) fmt::print("    {:<24}{}\n", option->get_name(false, true), option->get_description());
    }
    json.push_back({{"command", command}, {"description", app->get_description()}, {"options", options}});
  }
  if (as_json) fmt::print("{}\n", json.dump());
}

/// Words that may follow each command, as a case of the shell.
std::string Cases(const CLI::App& program) {
  std::vector<Listed> all = {{"", &program}};
  Collect(program, "", all);
  std::string cases;
  for (const auto& [command, app] : all) {
    auto words = OptionNames(*app);
    for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; })) words.push_back(sub->get_name());
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", command, fmt::join(words, " "));
  }
  return cases;
}

void PrintCompletion(const CLI::App& program, const std::string& shell) {
  if (shell == "zsh") fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
  fmt::print(R"(_edgewise() {{
  local command="" words="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) ;; *) command="${{command:+$command }}$word" ;; esac
  done
  case "$command" in
{}    *) COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}")); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _edgewise edgewise
)",
             Cases(program));
}

}  // namespace

void AddOptionsCommands(CLI::App& program, int&) {
  auto* options = program.add_subcommand("options", "every command with its options");
  options->footer("Example:\n  edgewise options --json");
  const auto json = std::make_shared<bool>(false);  // both live as long as their commands
  options->add_flag("--json", *json, "print JSON");
  options->callback([&program, json] { PrintOptions(program, *json); });

  auto* completion = program.add_subcommand("completion", "completion for a shell");
  completion->footer("Example:\n  source <(edgewise completion bash)");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback([&program, shell] { PrintCompletion(program, *shell); });
}

}  // namespace edgewise
