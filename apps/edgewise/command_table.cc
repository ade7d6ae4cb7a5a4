#include "command_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace edgewise {
namespace {

/// "TEXT:{bash,zsh}" -> bash, zsh: how the library describes a closed set.
std::vector<std::string> Choices(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find('{'), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

CommandEntry Describe(const CLI::App& app, const std::string& command) {
  CommandEntry entry{
      .command = command, .description = app.get_description(), .example = app.get_footer(), .options = {}, .subcommands = {}};
  for (const auto* option : app.get_options()) {
    const auto name = option->get_name(false, true);
    if (name == "-h,--help") continue;
    entry.options.push_back({name, option->get_description(), option->get_required(), option->get_expected_max() > 0, Choices(*option)});
  }
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) entry.subcommands.push_back(sub->get_name());
  return entry;
}

void Collect(const CLI::App& app, const std::string& command, std::vector<CommandEntry>& into) {
  into.push_back(Describe(app, command));
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    Collect(*sub, command.empty() ? sub->get_name() : command + " " + sub->get_name(), into);
  }
}

std::vector<std::string> Words(const CommandEntry& entry) {
  auto words = entry.subcommands;
  for (const auto& option : entry.options) {
    for (const auto& name : CLI::detail::split(option.name, ',')) {
      if (name.starts_with("--")) words.push_back(name);
    }
    if (!option.name.starts_with("-")) words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  words.emplace_back("--help");
  return words;
}

/// Cases "command --option": what may follow the option. No words: anything, and the shell offers its files.
std::string ValueCases(const CommandEntry& entry) {
  std::string cases;
  for (const auto& option : entry.options) {
    if (!option.takes_value || !option.name.starts_with("-")) continue;
    const auto names = CLI::detail::split(option.name, ',');
    std::vector<std::string> patterns;
    for (const auto& name : names) patterns.push_back(fmt::format("\"{} {}\"", entry.command, name));
    cases += fmt::format("    {}) values=\"{}\"; takes_value=1 ;;\n", fmt::join(patterns, "|"), fmt::join(option.choices, " "));
  }
  return cases;
}

constexpr std::string_view kScript = R"(# Completion of edgewise for {0}: source <(edgewise completion {0})
{1}_edgewise() {{
  local command="" words="" values="" takes_value="" word
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[$((COMP_CWORD-1))]}}"
  for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD-1))}}"; do
    case "${{command:+$command }}$word" in
      {2}) command="${{command:+$command }}$word" ;;
    esac
  done
  case "$command $before" in
{3}  esac
  if [ -n "$takes_value" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
    return
  fi
  case "$command" in
{4}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _edgewise edgewise
)";

}  // namespace

std::vector<CommandEntry> CommandTable(const CLI::App& program) {
  std::vector<CommandEntry> table;
  Collect(program, "", table);
  return table;
}

std::string CompletionScript(const std::vector<CommandEntry>& commands, const std::string& shell) {
  const auto* prelude = shell == "zsh" ? "(( $+functions[compdef] )) || { autoload -U +X compinit && compinit -D; }\n"
                                         "autoload -U +X bashcompinit && bashcompinit\n"
                                       : "";
  std::vector<std::string> known;
  std::string values, words;
  for (const auto& entry : commands) {
    if (!entry.command.empty()) known.push_back(fmt::format("\"{}\"", entry.command));
    values += ValueCases(entry);
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", entry.command, fmt::join(Words(entry), " "));
  }
  return fmt::format(kScript, shell, prelude, fmt::join(known, "|"), values, words);
}

}  // namespace edgewise
