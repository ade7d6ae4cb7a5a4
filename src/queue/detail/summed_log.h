#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "queue/detail/page_sum.h"

namespace edgewise::queue::detail {

/// A write-ahead log in which a flipped bit is mended: those that it had when it was opened by its own sums (log_mending.h), those that
/// come later by sums of its pages that are kept in memory.
/// Errors, threads: as the file's.
class SummedLog final : public Files::RandomFile {
 public:
  /// Reads it, mends it and writes it again, synced: what a log shows may not be on the disk, as the sync of another life may have failed,
  /// and what follows in it is worth nothing then. The database is locked. `name` is for the log of the program; `tell` is called for each
  /// bit that was mended.
  static Result<std::unique_ptr<RandomFile>> Open(std::unique_ptr<RandomFile> file, std::string name, std::function<void()> tell);

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) override;
  Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override;
  Result<void> Sync() override { return file_->Sync(); }
  Result<void> Truncate(std::uint64_t size) override { return file_->Truncate(size); }
  Result<std::uint64_t> Size() override { return file_->Size(); }
  Result<void> Lock() override { return file_->Lock(); }

 private:
  SummedLog(std::unique_ptr<RandomFile> file, std::string name, std::function<void()> tell)
      : file_(std::move(file)), name_(std::move(name)), tell_(std::move(tell)) {}
  Result<void> MendAndWriteAgain();
  PageSum* SumOfPageAt(std::uint64_t offset, std::size_t size);

  std::unique_ptr<RandomFile> file_;
  std::string name_;
  std::function<void()> tell_;
  std::vector<PageSum> sums_;  // by frame
};

}  // namespace edgewise::queue::detail
