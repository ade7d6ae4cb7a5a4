#include "output_file.h"

#include <fmt/format.h>

#include <system_error>

namespace edgewise {

OutputFile::OutputFile(std::filesystem::path file, For whom)
    : file_(std::move(file)), part_(file_.string() + ".part"), out_(part_, std::ios::binary), opened_(out_.is_open()) {
  using std::filesystem::perms;
  std::error_code ignored;  // a file system without such rights; nothing is in the file yet
  if (whom == For::kOwner) std::filesystem::permissions(part_, perms::owner_read | perms::owner_write, ignored);
}

OutputFile::~OutputFile() {
  if (!opened_) return;
  out_.close();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);  // not there after Finish()
}

Result<void> OutputFile::Check() const {
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
