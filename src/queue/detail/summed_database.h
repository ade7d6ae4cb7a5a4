#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/files.h"
#include "queue/detail/page_sum.h"

namespace edgewise::queue::detail {

/// Bytes at the end of each page that SQLite leaves to us (byte 20 of the file, sqlite.org/fileformat2.html#resbyt).
inline constexpr int kReservedBytes = 8;

/// A database file whose pages bear their sum (docs/formats/queue.md): it is put into each page that is written, and each page that is
/// read is held against it. A single flipped bit is mended, on the disk too once the file is locked; worse damage is passed on as it is,
/// with a line in the log. A file without room for sums is left alone.
/// Errors, threads: as the file's.
class SummedDatabase final : public Files::RandomFile {
 public:
  /// `name` is for the log; `tell` is called for each bit that was mended.
  static Result<std::unique_ptr<RandomFile>> Open(std::unique_ptr<RandomFile> file, std::string name, std::function<void()> tell);

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) override;
  Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override;
  Result<void> Sync() override { return file_->Sync(); }
  Result<void> Truncate(std::uint64_t size) override { return file_->Truncate(size); }
  Result<std::uint64_t> Size() override { return file_->Size(); }
  Result<void> Lock() override;

 private:
  SummedDatabase(std::unique_ptr<RandomFile> file, std::string name, std::function<void()> tell)
      : file_(std::move(file)), name_(std::move(name)), tell_(std::move(tell)) {}
  void Examine(std::uint64_t page, std::span<char> bytes);

  std::unique_ptr<RandomFile> file_;
  std::string name_;
  std::function<void()> tell_;  // that a bit was mended
  bool summed_ = false;
  bool locked_ = false;
};

}  // namespace edgewise::queue::detail
