#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.h"

// The system's calls on files, repeated when a signal interrupts them or when they do a part only. Errors: as files.h, naming the path.
namespace edgewise::detail {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// What errno says of "`what` `path`".
std::unexpected<Error> FromErrno(std::string_view what, const std::filesystem::path& path);

Result<void> WriteAll(int fd, std::string_view bytes, const std::filesystem::path& path);
Result<void> WriteAllAt(int fd, std::uint64_t offset, std::string_view bytes, const std::filesystem::path& path);
/// Short at the end of the file only.
Result<std::size_t> ReadAll(int fd, std::uint64_t offset, std::span<char> into, const std::filesystem::path& path);
Result<void> SyncFile(int fd, const std::filesystem::path& path);
Result<void> TruncateFile(int fd, std::uint64_t size, const std::filesystem::path& path);
Result<void> SyncDirectory(const std::filesystem::path& path);

}  // namespace edgewise::detail
