#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "machine.h"
#include "report.h"
#include "scoring.h"
#include "storage.h"

namespace edgewise::bench {
namespace {

struct Choice {
  int rounds = 7;
  int milliseconds = 300;
  std::string folder = ".";
  std::string save;
  bool json = false;
};

Result<std::string> Run(const Choice& choice, const std::filesystem::path& folder) {
  const auto machine = LookAround(folder);
  EDGEWISE_ASSIGN(const auto scoring, ScoringBench::Make());
  EDGEWISE_ASSIGN(const auto storage, StorageBench::Make(SystemFiles(), folder));
  auto series = scoring->series();
  for (auto& each : storage->series()) series.push_back(std::move(each));
  EDGEWISE_TRY(Measure(series, choice.rounds, std::chrono::milliseconds(choice.milliseconds)));
  const auto json = Json(machine, series) + "\n";
  if (!choice.save.empty()) {
    std::filesystem::create_directories(std::filesystem::absolute(choice.save).parent_path());
    std::ofstream file(choice.save);
    if (!(file << json << std::flush)) return Fail(Code::kInternal, "cannot write " + choice.save);
  }
  return choice.json ? json : Table(machine, series);
}

int Main(int count, char** words) {
  CLI::App program("What the hot paths do, beside what this machine could do at best; one run, rounds interleaved.");
  Choice choice;
  program.add_option("--rounds", choice.rounds, "rounds that count")->check(CLI::Range(1, 1000));
  program.add_option("--milliseconds", choice.milliseconds, "of each series in a round")->check(CLI::Range(1, 60'000));
  program.add_option("--folder", choice.folder, "on the disk that is meant; what is written there is removed again")
      ->check(CLI::ExistingDirectory);
  program.add_option("--save", choice.save, "file that gets the JSON too; its folder is made");
  program.add_flag("--json", choice.json, "print JSON");
  CLI11_PARSE(program, count, words);
  const auto folder = std::filesystem::path(choice.folder) / fmt::format("edgewise-bench-{}", getpid());
  std::filesystem::create_directory(folder);
  const auto report = Run(choice, folder);
  std::filesystem::remove_all(folder);
  if (!report) {
    fmt::print(stderr, "bench: {}\n", report.error().message);
    return 1;
  }
  fmt::print("{}", *report);
  return 0;
}

}  // namespace
}  // namespace edgewise::bench

int main(int count, char** words) { return edgewise::bench::Main(count, words); }
