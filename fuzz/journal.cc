// A journal with damaged bytes: opens or is refused; what it replays are entries that were written, in order. The input is the damage, in
// threes (place, place, value), so that it knows no format.
#include "site/journal.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>

using namespace edgewise;

namespace {

std::string Entry(std::uint64_t number) { return "entry " + std::to_string(number) + std::string(number % 7, '.'); }

/// In memory where there is such a file system: thousands of journals a second would wear a disk.
const std::filesystem::path& Folder() {
  static const auto folder = std::filesystem::path(std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp") /
                             ("edgewise-fuzz-journal-" + std::to_string(getpid()));
  return folder;
}

std::filesystem::path WriteSound() {
  std::filesystem::remove_all(Folder());
  std::filesystem::create_directory(Folder());
  auto journal = site::Journal::Open(SystemFiles(), Folder(), {});
  if (!journal) std::abort();
  std::vector<std::string> entries;
  for (std::uint64_t number = 1; number <= 20; ++number) entries.push_back(Entry(number));
  if (!(*journal)->Write(entries)) std::abort();
  return std::filesystem::directory_iterator(Folder())->path();
}

void Damage(const std::filesystem::path& file, const std::uint8_t* data, std::size_t size) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto length = std::filesystem::file_size(file);
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    bytes.seekp(static_cast<std::streamoff>((data[i] * 256U + data[i + 1]) % length));
    bytes.put(static_cast<char>(data[i + 2]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Damage(WriteSound(), data, size);
  const auto journal = site::Journal::Open(SystemFiles(), Folder(), {});
  if (!journal) return 0;
  std::uint64_t last = 0;
  (void)(*journal)->Replay(site::Position{0}, [&](site::Position position, std::string_view entry) -> Result<void> {
    const auto number = static_cast<std::uint64_t>(position);
    if (number <= last || entry != Entry(number)) std::abort();
    last = number;
    return {};
  });
  return 0;
}
