#include <fmt/format.h>
#include <signal.h>

#include "base/files.h"
#include "commands.h"
#include "demo/fetch.h"
#include "demo/flights.h"
#include "demo/simulator.h"
#include "demo/story.h"

namespace edgewise {
namespace {

struct Choice {
  std::string folder = "build/demo", example = "examples/flights", data = "flights";
  int flights_per_day = 60;
  bool fresh = false, serve = false, json = false;
};

Result<std::unique_ptr<demo::Traffic>> ReadTraffic(const Choice& choice) {
  if (choice.data == "simulator") return demo::Simulate({.seed = 7, .days = 365, .flights_per_day = choice.flights_per_day});
  EDGEWISE_ASSIGN(const auto folder, demo::FetchFlights(SystemFiles(), std::filesystem::path(choice.folder) / "data"));
  return demo::ReadFlights(SystemFiles(), folder);
}

void RemoveEarlier(const std::filesystem::path& folder) {
  for (const auto* name : {"state", "models", "images", "history", "ten-percent", "up.log", "commands.log", "report.json", "scores.csv"}) {
    std::filesystem::remove_all(folder / name);
  }
}

Result<int> Run(const Choice& choice, const sigset_t& signals) {
  if (choice.fresh) RemoveEarlier(choice.folder);
  EDGEWISE_ASSIGN(auto traffic, ReadTraffic(choice));
  const auto say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  demo::Story story({.folder = choice.folder, .example = choice.example, .data = choice.data, .say = say}, std::move(traffic));
  EDGEWISE_ASSIGN(const auto report, story.Tell());
  fmt::print("{}", choice.json ? demo::ToJson(report) : demo::ToText(report));
  if (!choice.json) fmt::print("\n{}/report.json has all of it.\n", choice.folder);
  std::fflush(stdout);
  if (choice.serve) {
    fmt::print(stderr, "The page: http://{}/  (Ctrl-C stops)\n", story.hub());
    int signal = 0;
    sigwait(&signals, &signal);
  }
  return demo::KeptItsWord(report) ? 0 : 1;
}

}  // namespace

void AddDemoCommand(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand("demo", "tell a year of real flights to three sites and report what came of it");
  command->footer("Example:\n  edgewise demo --fresh --serve");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  command->add_option("--folder", choice->folder, "everything is written below it");
  command->add_option("--example", choice->example, "folder of features.toml, rules.toml, policy.toml");
  command->add_option("--data", choice->data, "flights: the real ones of 2013; simulator: made up, nothing is downloaded")
      ->check(CLI::IsMember({"flights", "simulator"}));
  command->add_option("--flights-per-day", choice->flights_per_day, "of the simulator, at each site")->check(CLI::Range(10, 400));
  command->add_flag("--fresh", choice->fresh, "remove what an earlier demo left, then start");
  command->add_flag("--serve", choice->serve, "leave the page open at the end");
  command->add_flag("--json", choice->json, "print the report as JSON");
  command->callback([choice, &exit_code] {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (choice->serve) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    const auto code = Run(*choice, signals);
    exit_code = code ? *code : ExitCode(code.error());
  });
}

}  // namespace edgewise
