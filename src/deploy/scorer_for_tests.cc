#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>

#include "score/scorer_process.h"

/// `edgewise score serve` as the targets' tests start it. A first argument plants a fault: "silent" never gets ready and ignores SIGTERM,
/// "dies" ends at once.
int main(int count, char** words) {
  edgewise::score::ScorerProcess process;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "dies") return 1;
    if (word == "silent") {
      std::signal(SIGTERM, SIG_IGN);
      while (true) pause();
    }
    if (word == "--socket" && i + 1 < count) process.server.addresses.push_back({fmt::format("unix:{}", words[++i])});
    if (word == "--model-dir" && i + 1 < count) process.directory = words[++i];
    if (word == "--name" && i + 1 < count) process.name = words[++i];
    if (word == "--lifeline") process.lifeline = true;
  }
  return edgewise::score::RunScorer(process) ? 0 : 1;
}
