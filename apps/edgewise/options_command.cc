// options, completion, version: the program says what it is and what it can.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "command_table.h"
#include "commands.h"
#include "configuration_options.h"
#include "score/model_settings.h"
#include "site/rule_options.h"
#include "wrap.h"

namespace edgewise {
namespace {

using nlohmann::ordered_json;

struct Choice {
  bool json = false, markdown = false, commands = false;
  std::string shell;
};

/// A kind of configuration file, with its options.
struct OptionFile {
  std::string_view name, about;
  std::span<const Option> options;
};

std::vector<OptionFile> OptionFiles() {
  return {{"configuration", "What edgewise up and train read (-c). Paths are taken from the file's own folder.", ConfigurationOptions()},
          {"rules", "What a site does beside scoring: the file that \"rules\" names.", site::RuleOptions()},
          {"model settings", "How a scorer serves one model: serving.toml beside its versions (docs/formats/repository.md).",
           score::ModelOptions()}};
}

std::string FullName(const Option& option) {
  return option.section.empty() ? std::string(option.key) : fmt::format("{}.{}", option.section, option.key);
}

std::string TypeOf(const Option& option) {
  return option.unit.empty() ? std::string(option.type) : fmt::format("{}, {}", option.type, option.unit);
}

std::string StandardOf(const Option& option) { return option.standard.empty() ? "must be given" : std::string(option.standard); }

void PrintOptions() {
  for (const auto& file : OptionFiles()) {
    fmt::print("{}\n", Wrap(fmt::format("{} file: {}", file.name, file.about), 0, 4));
    for (const auto& option : file.options) {
      fmt::print("{}", Wrap(fmt::format("{:<26}{}; {}{}{}", FullName(option), TypeOf(option), option.standard.empty() ? "" : "default ",
                                        StandardOf(option), option.range.empty() ? "" : fmt::format("; {}", option.range)),
                            0, 26));
      fmt::print("{}", Wrap(std::string(option.about), 4, 4));
    }
    fmt::print("\n");
  }
}

void PrintOptionsJson() {
  auto out = ordered_json::array();
  for (const auto& file : OptionFiles()) {
    for (const auto& option : file.options) {
      out.push_back({{"file", file.name},
                     {"name", FullName(option)},
                     {"type", option.type},
                     {"unit", option.unit},
                     {"default", option.standard.empty() ? ordered_json() : ordered_json(option.standard)},
                     {"range", option.range},
                     {"about", option.about}});
    }
  }
  fmt::print("{}\n", out.dump());
}

void PrintOptionsMarkdown() {
  fmt::print(
      "# Configuration options\n\nPrinted by `edgewise options --markdown`; a test compares. A key that is not here is refused with its "
      "line.\n");
  for (const auto& file : OptionFiles()) {
    fmt::print("\n## The {} file\n\n{}\n\n| key | type | unit | default | range | |\n|---|---|---|---|---|---|\n", file.name, file.about);
    for (const auto& option : file.options) {
      fmt::print("| `{}` | {} | {} | {} | {} | {} |\n", FullName(option), option.type, option.unit, StandardOf(option), option.range,
                 option.about);
    }
  }
}

void PrintCommands(const std::vector<CommandEntry>& commands) {
  for (const auto& entry : commands) {
    if (entry.command.empty()) continue;
    fmt::print("{}", Wrap(fmt::format("{:<24}{}", entry.command, entry.description), 0, 24));
    for (const auto& option : entry.options) fmt::print("{}", Wrap(fmt::format("    {:<24}{}", option.name, option.description), 0, 28));
  }
}

void PrintCommandsJson(const std::vector<CommandEntry>& commands) {
  auto out = ordered_json::array();
  for (const auto& entry : commands) {
    if (entry.command.empty()) continue;
    auto options = ordered_json::array();
    for (const auto& option : entry.options) {
      options.push_back(
          {{"name", option.name}, {"description", option.description}, {"required", option.required}, {"choices", option.choices}});
    }
    out.push_back(
        {{"command", entry.command}, {"description", entry.description}, {"options", options}, {"subcommands", entry.subcommands}});
  }
  fmt::print("{}\n", out.dump());
}

/// A bar would end a cell of the table.
std::string Cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

void PrintCommandsMarkdown(const std::vector<CommandEntry>& commands) {
  fmt::print(
      "# Commands\n\nPrinted by `edgewise options --commands --markdown`; a test compares. Exit codes of all: 0 done, 1 failed, 2 wrong "
      "usage (a command\n"
      "line, configuration or input file to be mended), 3 refused by a rule (a policy, the gate). What a command answers goes to standard "
      "output,\n"
      "as JSON with `--json`; why it failed, to standard error. Ctrl-C stops a serving command cleanly, with 0.\n");
  for (const auto& entry : commands) {
    if (entry.command.empty()) continue;
    fmt::print("\n## edgewise {}\n\n{}.\n\n", entry.command, entry.description);
    if (!entry.options.empty()) fmt::print("| option | |\n|---|---|\n");
    for (const auto& option : entry.options)
      fmt::print("| `{}`{} | {} |\n", option.name, option.required ? " (needed)" : "", Cell(option.description));
    fmt::print("{}```\n{}\n```\n", entry.options.empty() ? "" : "\n", entry.example);
  }
}

void Print(const CLI::App& program, const Choice& choice) {
  if (choice.commands) {
    const auto commands = CommandTable(program);
    if (choice.json) return PrintCommandsJson(commands);
    return choice.markdown ? PrintCommandsMarkdown(commands) : PrintCommands(commands);
  }
  if (choice.json) return PrintOptionsJson();
  choice.markdown ? PrintOptionsMarkdown() : PrintOptions();
}

void AddVersion(CLI::App& program) {
  const auto json = std::make_shared<bool>(false);  // lives as long as the command
  auto* version = program.add_subcommand("version", "print the version");
  version->add_flag("--json", *json, "print JSON");
  version->callback([json] {
    fmt::print("{}\n", *json ? ordered_json{{"name", "edgewise"}, {"version", EDGEWISE_VERSION}}.dump()
                             : fmt::format("edgewise {}", EDGEWISE_VERSION));
  });
  version->footer("Example:\n  edgewise version --json");
}

}  // namespace

void AddOptionsCommands(CLI::App& program, int&) {
  const auto choice = std::make_shared<Choice>();  // lives as long as both commands
  auto* options = program.add_subcommand("options", "every option of the configuration files, or every command with its own");
  options->footer("Example:\n  edgewise options\n  edgewise options --commands --json");
  options->add_flag("--commands", choice->commands, "the commands and their options instead");
  auto* json = options->add_flag("--json", choice->json, "print JSON");
  options->add_flag("--markdown", choice->markdown, "print docs/options.md, or docs/commands.md with --commands")->excludes(json);
  options->callback([&program, choice] { Print(program, *choice); });

  auto* completion = program.add_subcommand("completion", "completion for a shell, to be sourced");
  completion->footer("Example:\n  source <(edgewise completion bash)");
  completion->add_option("shell", choice->shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback([&program, choice] { fmt::print("{}", CompletionScript(CommandTable(program), choice->shell)); });
  AddVersion(program);
}

}  // namespace edgewise
