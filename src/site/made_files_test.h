#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/files.h"

namespace edgewise::site::test {

/// The real file system; what is to go wrong is overridden.
class RealFiles : public Files {
 public:
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override { return real_.OpenAppend(path); }
  Result<std::string> Read(const std::filesystem::path& path) override { return real_.Read(path); }
  Result<std::string> ReadRange(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) override {
    return real_.ReadRange(path, offset, size);
  }
  Result<std::uint64_t> Size(const std::filesystem::path& path) override { return real_.Size(path); }
  Result<void> CreateDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return real_.CreateDurably(path, bytes);
  }
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return real_.ReplaceDurably(path, bytes);
  }
  Result<void> Remove(const std::filesystem::path& path) override { return real_.Remove(path); }
  Result<void> MakeDirs(const std::filesystem::path& path) override { return real_.MakeDirs(path); }
  Result<std::vector<std::string>> List(const std::filesystem::path& path) override { return real_.List(path); }

 private:
  Files& real_ = SystemFiles();
};

/// Whoever reads a segment of the journal while the gate is shut waits.
class GatedFiles final : public RealFiles {
 public:
  void Shut() {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }
  void AwaitReader() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return waiting_ > 0; })) << "nobody reads the journal";
  }
  Result<std::string> Read(const std::filesystem::path& path) override {
    if (path.filename().string().starts_with("journal-")) {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !shut_; });
      --waiting_;
    }
    return RealFiles::Read(path);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  int waiting_ = 0;
};

/// A disk that takes half of what is appended, and then no more, while it is full.
class FullFiles final : public RealFiles {
 public:
  std::atomic<bool> full = false;

  class File final : public AppendFile {
   public:
    File(std::unique_ptr<AppendFile> file, const std::atomic<bool>& full) : file_(std::move(file)), full_(full) {}
    Result<void> Append(std::string_view bytes) override {
      if (!full_) return file_->Append(bytes);
      (void)file_->Append(bytes.substr(0, bytes.size() / 2));
      return Fail(Code::kResourceExhausted, "no space left on the device (planted)");
    }
    Result<void> Sync() override { return file_->Sync(); }
    Result<void> Truncate(std::uint64_t size) override { return file_->Truncate(size); }
    std::uint64_t size() const override { return file_->size(); }

   private:
    std::unique_ptr<AppendFile> file_;
    const std::atomic<bool>& full_;
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, RealFiles::OpenAppend(path));
    return std::make_unique<File>(std::move(file), full);
  }
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return full ? Fail(Code::kResourceExhausted, "no space left on the device (planted)") : RealFiles::ReplaceDurably(path, bytes);
  }
};

}  // namespace edgewise::site::test
