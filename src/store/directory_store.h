#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/files.h"
#include "store/store.h"

namespace edgewise::store {

/// A Store on a directory: an object is a file of that name below `root`. Contract: store.h.
/// Cost: List() reads the folders that can hold what it asks for; a folder that has not changed since it was found to hold nothing after a
/// name is not read for that again. Meant for one machine. What a killed Put left is not listed, and is removed when it is an hour old.
class DirectoryStore final : public Store {
 public:
  DirectoryStore(Files& files, std::filesystem::path root) : files_(files), root_(std::move(root)) {}
  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override;
  Result<std::string> Get(std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override;

  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override;
  /// How many entries of directories were read so far: what listing costs.
  std::uint64_t entries_read() const { return entries_read_.load(); }

 private:
  /// Up to `after` is all that a folder had when it was last changed.
  struct Exhausted {
    std::filesystem::file_time_type changed;
    std::string after;
  };
  struct Search;

  Result<void> Collect(const std::string& folder, Search& search);
  void Take(const std::filesystem::directory_entry& entry, std::string name, Search& search);
  bool IsExhausted(std::string_view folder, std::string_view after) const;
  void NoteExhausted(std::string_view folder, std::string_view after, std::filesystem::file_time_type changed);

  Files& files_;
  std::filesystem::path root_;
  std::atomic<std::uint64_t> entries_read_{0};
  mutable std::mutex mutex_;  // guards exhausted_
  std::map<std::string, Exhausted, std::less<>> exhausted_;
};

}  // namespace edgewise::store
