#include "base/detail/posix.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace edgewise::detail {
namespace {

namespace fs = std::filesystem;

/// Calls until no signal interrupts; answers what the call does, -1 with errno for a failure.
template <class Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

std::unexpected<Error> FromErrno(std::string_view what, const fs::path& path) {
  const int error = errno;
  const auto message = fmt::format("{} {}: {}", what, path.string(), std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Fail(Code::kNotFound, message);
    case EEXIST:
      return Fail(Code::kAlreadyExists, message);
    case ENOSPC:
    case EDQUOT:
      return Fail(Code::kResourceExhausted, message + "; free space and try again");
    case EACCES:
    case EPERM:
    case EROFS:
      return Fail(Code::kFailedPrecondition, message + "; allow it, or choose another folder");
    default:
      return Fail(Code::kUnavailable, message);
  }
}

Result<void> WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const auto n = Uninterrupted([&] { return write(fd, bytes.data(), bytes.size()); });
    if (n < 0) return FromErrno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> WriteAllAt(int fd, std::uint64_t offset, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const auto n = Uninterrupted([&] { return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (n < 0) return FromErrno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::size_t> ReadAll(int fd, std::uint64_t offset, std::span<char> into, const fs::path& path) {
  std::size_t have = 0;
  while (have < into.size()) {
    const auto n = Uninterrupted([&] { return pread(fd, into.data() + have, into.size() - have, static_cast<off_t>(offset + have)); });
    if (n < 0) return FromErrno("read", path);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return have;
}

Result<void> SyncFile(int fd, const fs::path& path) {
  if (Uninterrupted([&] { return fdatasync(fd); }) != 0) return FromErrno("sync", path);
  return {};
}

Result<void> TruncateFile(int fd, std::uint64_t size, const fs::path& path) {
  if (Uninterrupted([&] { return ftruncate(fd, static_cast<off_t>(size)); }) != 0) return FromErrno("truncate", path);
  return {};
}

Result<void> SyncDirectory(const fs::path& path) {
  const Descriptor directory(open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return FromErrno("open directory", path);
  if (Uninterrupted([&] { return fsync(directory.get()); }) != 0) return FromErrno("sync directory", path);
  return {};
}

}  // namespace edgewise::detail
