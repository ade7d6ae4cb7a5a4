#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "child.h"
#include "commands.h"
#include "usage.h"

namespace edgewise {

int ExitCode(const Error& error) {
  fmt::print(stderr, "edgewise: {}\n", error.message);
  if (error.code == Code::kPermissionDenied) return 3;
  return error.code == Code::kInvalidArgument ? 2 : 1;
}

}  // namespace edgewise

int main(int count, char** arguments) {
  edgewise::EndWithParent();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("edgewise"));  // what a command prints is for programs
  CLI::App program("Edgewise: AI at the edge as one loop that people can run, trust and read");
  program.name("edgewise");
  program.formatter(edgewise::HelpIn80Columns());  // first: commands inherit it
  program.require_subcommand(1);
  program.set_version_flag("--version", "edgewise " EDGEWISE_VERSION, "print the version");
  program.failure_message(edgewise::UsageMessage);
  edgewise::TakeHelpAsCommand(count, arguments);
  int exit_code = 0;
  edgewise::AddDemoCommand(program, exit_code);
  edgewise::AddUpCommand(program, exit_code);
  edgewise::AddTrainCommand(program, exit_code);
  edgewise::AddPackCommands(program, exit_code);
  edgewise::AddDeployCommand(program, exit_code);
  edgewise::AddScoreCommand(program, exit_code);
  edgewise::AddExportCommand(program, exit_code);
  edgewise::AddImproveCommand(program, exit_code);
  edgewise::AddPolicyCommand(program, exit_code);
  edgewise::AddServeCommands(program, exit_code);
  edgewise::AddQueueCommand(program, exit_code);
  edgewise::AddRelayCommand(program, exit_code);
  edgewise::AddLookCommands(program, exit_code);
  edgewise::AddDoctorCommand(program, exit_code);
  edgewise::AddSupportBundleCommand(program, exit_code);
  edgewise::AddOptionsCommands(program, exit_code);
  program.footer("Example:\n  edgewise up -c examples/flights/edgewise.toml");  // last: commands would inherit it
  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& error) {  // the library's way to say it; help and version are "errors" too
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {  // of a library, from an answer or a file that nobody expected: no reason to abort
    return edgewise::ExitCode({edgewise::Code::kInternal, fmt::format("not expected: {}", error.what())});
  }
  return exit_code;
}
