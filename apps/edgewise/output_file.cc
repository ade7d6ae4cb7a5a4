#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>

namespace edgewise {

namespace {

namespace fs = std::filesystem;

/// A slip of the keyboard is no reason to lose a queue, or a device.
Result<void> MayBeReplaced(const fs::path& file) {
  std::error_code ignored;
  const auto there = fs::symlink_status(file, ignored);
  if (!fs::exists(there)) return {};
  if (!fs::is_regular_file(there)) return Fail(Code::kInvalidArgument, fmt::format("{} is no regular file; name another", file.string()));
  constexpr std::string_view kDatabase = "SQLite format 3";
  std::string begin(kDatabase.size(), '\0');
  std::ifstream(file, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin != kDatabase) return {};
  return Fail(Code::kInvalidArgument, fmt::format("{} is a database, a queue perhaps; name another file", file.string()));
}

/// New, whatever lies there, and its owner's alone.
std::string NewFileBeside(const fs::path& file) {
  auto name = file.string() + ".part-XXXXXX";
  const int made = mkostemp(name.data(), O_CLOEXEC);
  if (made < 0) return "";
  close(made);
  return name;
}

}  // namespace

OutputFile::OutputFile(fs::path file, For whom) : file_(std::move(file)), refused_(MayBeReplaced(file_)) {
  if (!refused_) return;
  part_ = NewFileBeside(file_);
  if (part_.empty()) return;
  out_.open(part_, std::ios::binary);
  opened_ = out_.is_open();
  if (whom == For::kOwner) return;
  const auto mask = umask(0);
  umask(mask);
  std::error_code ignored;  // a file system without such rights
  fs::permissions(part_, static_cast<fs::perms>(0666 & ~mask), ignored);
}

OutputFile::~OutputFile() {
  if (!opened_) return;
  out_.close();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);  // not there after Finish()
}

Result<void> OutputFile::Check() const {
  EDGEWISE_TRY(refused_);
  if (!opened_) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("{} cannot be written; is its folder there, and may you write to it?", file_.string()));
  }
  if (out_) return {};
  return Fail(Code::kResourceExhausted, fmt::format("{} cannot be written: the disk is full; free space and try again", file_.string()));
}

Result<void> OutputFile::Write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return Check();
}

Result<void> OutputFile::Finish() {
  out_.close();
  EDGEWISE_TRY(Check());
  std::error_code error;
  std::filesystem::rename(part_, file_, error);
  return error ? Fail(Code::kFailedPrecondition, fmt::format("{}: {}", file_.string(), error.message())) : Result<void>();
}

}  // namespace edgewise
