#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace edgewise {

/// What to print when a command line is not understood: the command or option that there is not, and the nearest that there is; else what
/// the library says of `error`.
std::string UsageMessage(const CLI::App* program, const CLI::Error& error);

/// Prints help in 80 columns; examples stay as they are, so that they can be copied.
std::shared_ptr<CLI::FormatterBase> HelpIn80Columns();

/// `edgewise help deploy back` is `edgewise deploy back --help`.
void TakeHelpAsCommand(int count, char** arguments);

/// An option that takes a host:port, or a URL that one can read it from.
CLI::Option* AddAddress(CLI::App& command, const std::string& name, std::string& into, const std::string& about);
/// An option that takes a date that there is, such as 2013-05-01.
CLI::Option* AddDate(CLI::App& command, const std::string& name, std::string& into, const std::string& about);

}  // namespace edgewise
