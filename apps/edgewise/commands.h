#pragma once

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace edgewise {

/// Exit codes of every command: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule.
int ExitCode(const Error& error);

/// Starts this program anew with the environment that training needs, unless it has it.
void TrainQuietly();

// Each adds its command to the program; the command leaves its exit code in `exit_code`. One file per command.
void AddDemoCommand(CLI::App& program, int& exit_code);
void AddDeployCommand(CLI::App& program, int& exit_code);
void AddDoctorCommand(CLI::App& program, int& exit_code);
void AddExportCommand(CLI::App& program, int& exit_code);
void AddImproveCommand(CLI::App& program, int& exit_code);
void AddLookCommands(CLI::App& program, int& exit_code);     // status, events, model
void AddOptionsCommands(CLI::App& program, int& exit_code);  // options, completion, version
void AddPackCommands(CLI::App& program, int& exit_code);     // pack, push, pull
void AddPolicyCommand(CLI::App& program, int& exit_code);
void AddQueueCommand(CLI::App& program, int& exit_code);
void AddRelayCommand(CLI::App& program, int& exit_code);
void AddRelayRunCommand(CLI::App& relay, int& exit_code);
void AddScoreCommand(CLI::App& program, int& exit_code);
void AddScoreReplayCommand(CLI::App& score, int& exit_code);
void AddServeCommands(CLI::App& program, int& exit_code);  // registry, hub, send
void AddSiteEventsCommands(CLI::App& events, int& exit_code);
void AddSupportBundleCommand(CLI::App& program, int& exit_code);
void AddTrainCommand(CLI::App& program, int& exit_code);
void AddUpCommand(CLI::App& program, int& exit_code);

}  // namespace edgewise
