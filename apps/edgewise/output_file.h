#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/result.h"

namespace edgewise {

/// A file that appears whole or not at all: written under a new name beside it, which Finish() renames and the destructor removes.
/// Errors: kInvalidArgument (there is a database, or no regular file, of that name: it is left), kFailedPrecondition (cannot be made
/// there), kResourceExhausted (disk full).
class OutputFile {
 public:
  enum class For : std::uint8_t { kAnyone, kOwner };  ///< Who may read it; kAnyone: as the user's umask says.
  explicit OutputFile(std::filesystem::path file, For whom = For::kAnyone);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// What has gone wrong so far, if anything.
  Result<void> Check() const;
  Result<void> Write(std::string_view bytes);
  Result<void> Finish();

 private:
  std::filesystem::path file_, part_;
  Result<void> refused_;
  std::ofstream out_;
  bool opened_ = false;
};

}  // namespace edgewise
