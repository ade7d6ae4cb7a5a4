#pragma once

#include <filesystem>

#include "base/result.h"

namespace edgewise {

/// Holds a state folder for one process: the file `lock` in it, locked as long as this object lives. A killed holder holds nothing.
class StateLock {
 public:
  /// Makes the folder if it is missing. Errors: kFailedPrecondition (held by another process: names it), as Files.
  static Result<StateLock> Take(const std::filesystem::path& folder);
  /// Whether Take() would succeed; leaves no trace.
  static Result<void> Check(const std::filesystem::path& folder);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  ~StateLock();

 private:
  explicit StateLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace edgewise
