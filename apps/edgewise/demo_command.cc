#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/files.h"
#include "commands.h"
#include "demo/fetch.h"
#include "demo/flights.h"
#include "demo/musts.h"
#include "demo/simulator.h"
#include "demo/story.h"

namespace edgewise {
namespace {

constexpr int kStopped = 128 + SIGINT;  // as shells say it

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

std::string StartOver(const Choice& choice) {
  std::string command = "edgewise demo --fresh";
  if (choice.folder != Choice().folder) command += " --folder " + choice.folder;
  if (choice.data != Choice().data) command += " --data " + choice.data;
  if (choice.flights_per_day != Choice().flights_per_day) command += fmt::format(" --flights-per-day {}", choice.flights_per_day);
  if (choice.example != Choice().example) command += " --example " + choice.example;
  return command;
}

/// Turns the first signal into a stop request; the second ends the program at once (its children end with it).
std::jthread WatchFor(const sigset_t& signals, std::stop_source& stop) {
  return std::jthread([&signals, &stop](const std::stop_token& over) {
    const timespec look{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!over.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &look) <= 0) continue;
      if (stop.stop_requested()) _exit(kStopped);
      fmt::print(stderr, "\nStopping ...\n");
      stop.request_stop();
    }
  });
}

void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
}

/// What was found out is printed; then the page stays until somebody stops it.
Result<int> Tell(const Choice& choice, const std::stop_token& stop) {
  EDGEWISE_ASSIGN(auto traffic, ReadTraffic(choice));
  std::optional<demo::Progress> progress(std::in_place,
                                         isatty(STDERR_FILENO) == 1 ? demo::Progress::Where::kTerminal : demo::Progress::Where::kFile);
  demo::Story story({.folder = choice.folder,
                     .example = choice.example,
                     .data = choice.data,
                     .start_over = StartOver(choice),
                     .progress = &*progress,
                     .stop = stop},
                    std::move(traffic));
  EDGEWISE_ASSIGN(const auto report, story.Tell());
  progress.reset();
  fmt::print("{}", choice.json ? demo::ToJson(report) : demo::ToText(report));
  if (!choice.json) fmt::print("\n{}/report.json has all of it.\n", choice.folder);
  std::fflush(stdout);
  if (choice.serve) {
    fmt::print(stderr, "\nThe page: http://{}/   (Ctrl-C stops)\n", story.hub());
    WaitFor(stop);
  }
  return demo::KeptItsWord(report) && demo::ReachedItsFigures(report) ? 0 : 1;
}

int Run(const Choice& choice, const sigset_t& signals) {
  if (choice.fresh) RemoveEarlier(choice.folder);
  std::stop_source stop;
  Result<int> code = 0;
  {
    const auto watch = WatchFor(signals, stop);
    code = Tell(choice, stop.get_token());
  }
  if (code) return *code;
  if (!stop.stop_requested()) return ExitCode(code.error());
  fmt::print(stderr, "Stopped; nothing runs any more. What was written so far is in {}; it cannot be resumed.\nStart over with: {}\n",
             choice.folder, StartOver(choice));
  return kStopped;
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
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: WatchFor() gets them
    signal(SIGPIPE, SIG_IGN);
    exit_code = Run(*choice, signals);
  });
}

}  // namespace edgewise
