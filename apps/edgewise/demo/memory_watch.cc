#include "demo/memory_watch.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

namespace edgewise::demo {
namespace {

namespace fs = std::filesystem;

std::string Slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Parent of each process of this machine. A process that ends meanwhile is left out.
std::map<pid_t, pid_t> Parents() {
  std::map<pid_t, pid_t> parents;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto stat = Slurp(entry.path() / "stat");
    const auto end = stat.rfind(") ");  // the name in brackets may hold anything
    if (end == std::string::npos || stat.size() < end + 5) continue;
    parents[std::stoi(name)] = static_cast<pid_t>(std::atoi(stat.c_str() + end + 4));
  }
  return parents;
}

std::vector<pid_t> Offspring(pid_t of) {
  const auto parents = Parents();
  std::vector<pid_t> found = {of};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [pid, parent] : parents) {
      if (parent == found[i]) found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

double PssMb(pid_t pid) {
  std::istringstream lines(Slurp(fs::path("/proc") / std::to_string(pid) / "smaps_rollup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4) / 1024;
  }
  return 0;
}

bool Trains(pid_t pid) {
  const auto command = Slurp(fs::path("/proc") / std::to_string(pid) / "cmdline");
  const auto first = command.find('\0');
  if (first == std::string::npos) return false;
  const std::string argument = command.c_str() + first + 1;
  return argument == "train" || argument == "improve";
}

}  // namespace

MemoryWatch::MemoryWatch()
    : thread_([this](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          Sample();
          wake.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
        }
      }) {}

MemoryWatch::~MemoryWatch() = default;

void MemoryWatch::Sample() {
  double sum = 0;
  bool training = false;
  for (const auto pid : Offspring(getpid())) {
    sum += PssMb(pid);
    training = training || Trains(pid);
  }
  const std::lock_guard lock(mutex_);
  peaks_.all_mb = std::max(peaks_.all_mb, sum);
  if (!training) peaks_.serving_mb = std::max(peaks_.serving_mb, sum);
}

MemoryPeaks MemoryWatch::peaks() const {
  const std::lock_guard lock(mutex_);
  return peaks_;
}

}  // namespace edgewise::demo
