#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace edgewise {

/// Other Files, as they are; whoever wants something else of them overrides that. Borrows them. Errors, threads: as theirs.
class ForwardingFiles : public Files {
 public:
  /// One of their files, likewise.
  class File : public AppendFile {
   public:
    explicit File(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}
    Result<void> Append(std::string_view bytes) override { return file_->Append(bytes); }
    Result<void> Sync() override { return file_->Sync(); }
    Result<void> Truncate(std::uint64_t size) override { return file_->Truncate(size); }
    std::uint64_t size() const override { return file_->size(); }

   private:
    std::unique_ptr<AppendFile> file_;
  };

  class ForwardingRandomFile : public RandomFile {
   public:
    explicit ForwardingRandomFile(std::unique_ptr<RandomFile> file) : file_(std::move(file)) {}
    Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) override { return file_->ReadAt(offset, into); }
    Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override { return file_->WriteAt(offset, bytes); }
    Result<void> Sync() override { return file_->Sync(); }
    Result<void> Truncate(std::uint64_t size) override { return file_->Truncate(size); }
    Result<std::uint64_t> Size() override { return file_->Size(); }
    Result<void> Lock() override { return file_->Lock(); }

   private:
    std::unique_ptr<RandomFile> file_;
  };

  explicit ForwardingFiles(Files& files) : files_(files) {}

  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override { return files_.OpenAppend(path); }
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening opening) override {
    return files_.OpenRandom(path, opening);
  }
  Result<std::string> Read(const std::filesystem::path& path) override { return files_.Read(path); }
  Result<std::string> ReadRange(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) override {
    return files_.ReadRange(path, offset, size);
  }
  Result<std::uint64_t> Size(const std::filesystem::path& path) override { return files_.Size(path); }
  Result<void> CreateDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return files_.CreateDurably(path, bytes);
  }
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return files_.ReplaceDurably(path, bytes);
  }
  Result<void> Remove(const std::filesystem::path& path) override { return files_.Remove(path); }
  Result<void> RemoveDurably(const std::filesystem::path& path) override { return files_.RemoveDurably(path); }
  Result<void> MakeDirs(const std::filesystem::path& path) override { return files_.MakeDirs(path); }
  Result<std::vector<std::string>> List(const std::filesystem::path& path) override { return files_.List(path); }

 private:
  Files& files_;
};

}  // namespace edgewise
