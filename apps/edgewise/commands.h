#pragma once

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace edgewise {

/// Exit codes of every command: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule.
int ExitCode(const Error& error);

// Each adds its command to the program; the command leaves its exit code in `exit_code`. One file per command.
void AddScoreCommand(CLI::App& program, int& exit_code);
void AddUpCommand(CLI::App& program, int& exit_code);

}  // namespace edgewise
