#pragma once

#include <filesystem>

#include "base/files.h"
#include "store/store.h"

namespace edgewise::store {

/// A Store on a directory: an object is a file of that name below `root`. Contract: store.h.
/// Cost: List() reads the folders below the prefix; meant for one machine.
class DirectoryStore final : public Store {
 public:
  DirectoryStore(Files& files, std::filesystem::path root) : files_(files), root_(std::move(root)) {}
  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override;
  Result<std::string> Get(std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override;

 private:
  Files& files_;
  std::filesystem::path root_;
};

}  // namespace edgewise::store
