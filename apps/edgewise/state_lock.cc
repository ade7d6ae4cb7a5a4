#include "state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/files.h"

namespace edgewise {
namespace {

std::unexpected<Error> Held(const std::filesystem::path& folder) {
  auto holder = SystemFiles().Read(folder / "lock").value_or("");
  if (!holder.empty()) holder = " " + holder;
  return Fail(Code::kFailedPrecondition,
              fmt::format("state folder {} is in use by process{}; stop that one, or name another folder", folder.string(), holder));
}

}  // namespace

Result<StateLock> StateLock::Take(const std::filesystem::path& folder) {
  EDGEWISE_TRY(SystemFiles().MakeDirs(folder));
  const auto path = folder / "lock";
  StateLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));  // children do not inherit it
  if (lock.file_ < 0) return Fail(Code::kFailedPrecondition, fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
  if (flock(lock.file_, LOCK_EX | LOCK_NB) != 0) return Held(folder);
  const auto holder = fmt::format("{}", getpid());
  // For people only: who cannot read it still sees that the folder is held.
  if (ftruncate(lock.file_, 0) != 0 || pwrite(lock.file_, holder.data(), holder.size(), 0) < 0) {
    return Fail(Code::kResourceExhausted,
                fmt::format("{} cannot be written: {}; free space and try again", path.string(), std::strerror(errno)));
  }
  return lock;
}

Result<void> StateLock::Check(const std::filesystem::path& folder) {
  const StateLock lock(open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.file_ < 0) return {};  // nobody ever held it
  return flock(lock.file_, LOCK_EX | LOCK_NB) == 0 ? Result<void>() : Held(folder);
}

StateLock::StateLock(StateLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

StateLock::~StateLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace edgewise
