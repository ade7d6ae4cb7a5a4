#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/forwarding_files.h"

namespace edgewise::site::test {

/// Whoever reads a segment of the journal while the gate is shut waits.
class GatedFiles final : public ForwardingFiles {
 public:
  GatedFiles() : ForwardingFiles(SystemFiles()) {}

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
    return ForwardingFiles::Read(path);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  int waiting_ = 0;
};

/// A disk that takes half of what is appended, and then no more, while it is full.
class FullFiles final : public ForwardingFiles {
 public:
  FullFiles() : ForwardingFiles(SystemFiles()) {}

  std::atomic<bool> full = false;

  class Filling final : public File {
   public:
    Filling(std::unique_ptr<AppendFile> file, const std::atomic<bool>& full) : File(std::move(file)), full_(full) {}
    Result<void> Append(std::string_view bytes) override {
      if (!full_) return File::Append(bytes);
      (void)File::Append(bytes.substr(0, bytes.size() / 2));
      return Fail(Code::kResourceExhausted, "no space left on the device (planted)");
    }

   private:
    const std::atomic<bool>& full_;
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<Filling>(std::move(file), full);
  }
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    return full ? Fail(Code::kResourceExhausted, "no space left on the device (planted)") : ForwardingFiles::ReplaceDurably(path, bytes);
  }
};

}  // namespace edgewise::site::test
