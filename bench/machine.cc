#include "machine.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace edgewise::bench {
namespace {

std::string Processor() {
  std::ifstream facts("/proc/cpuinfo");
  for (std::string line; std::getline(facts, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// statfs(2) names file systems by numbers; these are the ones that people run sites on.
std::string FileSystem(const std::filesystem::path& folder) {
  struct statfs facts{};
  if (statfs(folder.c_str(), &facts) != 0) return "unknown";
  switch (static_cast<unsigned long>(facts.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x2FC12FC1:
      return "zfs";
    case 0x01021994:
      return "tmpfs (memory: nothing reaches a disk)";
    case 0x794C7630:
      return "overlay";
    case 0x6969:
      return "nfs";
    default:
      return fmt::format("0x{:x}", static_cast<unsigned long>(facts.f_type));
  }
}

}  // namespace

Machine LookAround(const std::filesystem::path& folder) {
  Machine machine;
  machine.cores = std::thread::hardware_concurrency();
  machine.processor = Processor();
  struct sysinfo memory{};
  if (sysinfo(&memory) == 0) machine.memory_gib = static_cast<double>(memory.totalram) * memory.mem_unit / (1U << 30);
  utsname kernel{};
  if (uname(&kernel) == 0) machine.kernel = kernel.release;
  if (getloadavg(&machine.load, 1) != 1) machine.load = 0;
  machine.file_system = FileSystem(folder);
#ifdef NDEBUG
  machine.optimised = true;
#endif
  return machine;
}

}  // namespace edgewise::bench
