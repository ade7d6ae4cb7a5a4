#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace edgewise {

/// One option of a command, as far as help, completion and docs need it.
struct CommandOption {
  std::string name;         ///< "-c,--config", or "file" if it is given without a name.
  std::string description;  ///< One line.
  bool required = false;
  bool takes_value = false;
  std::vector<std::string> choices;  ///< The only values it may have, if it is so.
};

struct CommandEntry {
  std::string command;  ///< "train fit"; "" is the program itself.
  std::string description;
  std::string example;  ///< What its help ends with.
  std::vector<CommandOption> options;
  std::vector<std::string> subcommands;
};

/// Every command of a program, each before its own sub-commands; the program itself comes first.
std::vector<CommandEntry> CommandTable(const CLI::App& program);

/// A shell's completion of all commands, options and choices: a script to be sourced. `shell`: "bash" or "zsh".
std::string CompletionScript(const std::vector<CommandEntry>& commands, const std::string& shell);

}  // namespace edgewise
