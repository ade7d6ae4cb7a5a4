// Lives of a simulated site, one after the other: edgewise_simulation [--seeds N] [--from SEED] [--mutants] [--mutant NAME] [--lost-replies
// N] Prints one line, such as: S4 lost=0 doubled=0 seeds=10000 acked=400000 ends=12000 trace=0123456789abcdef

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "life.h"
#include "mutants.h"

namespace edgewise::simulation {
namespace {

std::string Describe(std::uint64_t seed, const Outcome& outcome) {
  const auto& found = outcome.found;
  return fmt::format("seed {}: lost={} doubled={} disordered={} invented={}{}{}", seed, found.lost, found.doubled, found.disordered,
                     found.invented, outcome.broken.empty() ? "" : "; ", outcome.broken);
}

/// The first seeds that were not sound go to the output. 0: all were.
int Run(std::uint64_t from, std::uint64_t seeds) {
  Findings all;
  std::uint64_t trace = 0, ends = 0, unsound = 0;
  for (auto seed = from; seed < from + seeds; ++seed) {
    const auto outcome = Live(seed);
    all.acknowledged += outcome.found.acknowledged;
    all.lost += outcome.found.lost;
    all.doubled += outcome.found.doubled;
    trace = (trace ^ outcome.trace) * 1099511628211ULL;
    ends += outcome.ends;
    if (!outcome.Sound() && ++unsound <= 10) fmt::print("{}\n", Describe(seed, outcome));
    if (seed % 100 == 0 && Live(seed).trace != outcome.trace) {
      fmt::print("seed {}: the same seed does something else the second time\n", seed);
      ++unsound;
    }
  }
  fmt::print("S4 lost={} doubled={} unsound={} seeds={} acked={} ends={} trace={:016x}\n", all.lost, all.doubled, unsound, seeds,
             all.acknowledged, ends, trace);
  return unsound == 0 ? 0 : 1;
}

int RunReplies(std::uint64_t replies) {
  const auto found = CarryOverLostReplies(replies);
  fmt::print("S7 lost={} doubled={} disordered={} lost-replies={} acked={}\n", found.lost, found.doubled, found.disordered, replies,
             found.acknowledged);
  return found.Sound() ? 0 : 1;
}

/// Each defect must be found within so many seeds.
int RunMutants(std::uint64_t from, std::uint64_t seeds) {
  std::size_t caught = 0;
  for (const auto& mutant : Mutants()) {
    Plant(mutant.name);
    auto seed = from;
    auto outcome = Live(seed);
    while (outcome.Sound() && ++seed < from + seeds) outcome = Live(seed);
    caught += outcome.Sound() ? 0 : 1;
    fmt::print("{:<6} {:<22} {}\n", outcome.Sound() ? "MISSED" : "caught", mutant.name,
               outcome.Sound() ? std::string(mutant.what) : Describe(seed, outcome));
  }
  fmt::print("S13 caught={} mutants={}\n", caught, Mutants().size());
  return caught == Mutants().size() ? 0 : 1;
}

}  // namespace
}  // namespace edgewise::simulation

int main(int argc, char** argv) {
  using namespace edgewise::simulation;
  CLI::App program("Lives of a site in one thread: queue, relay and store on a disk, a line and clocks that fail as a seed says");
  std::uint64_t from = 0, seeds = 1000, replies = 0;
  bool mutants = false, talk = false;
  std::string mutant;
  program.add_option("--from", from, "the first seed");
  program.add_option("--seeds", seeds, "how many; with --mutants at most so many for each");
  program.add_option("--mutant", mutant, "plant this defect");
  program.add_flag("--mutants", mutants, "plant each defect, and look whether it is found");
  program.add_option("--lost-replies", replies, "instead: carry events until the store's reply was lost so often");
  program.add_flag("--log", talk, "show what the parts log");
  CLI11_PARSE(program, argc, argv);
  if (!Plant(mutant)) {
    fmt::print(stderr, "there is no mutant \"{}\"; --mutants lists them\n", mutant);
    return 2;
  }
  if (!talk) spdlog::set_level(spdlog::level::off);
  if (replies > 0) return RunReplies(replies);
  return mutants ? RunMutants(from, seeds) : Run(from, seeds);
}
