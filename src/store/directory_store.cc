#include "store/directory_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgewise::store {
namespace {

namespace fs = std::filesystem;

/// Whether a folder can hold names that start with `prefix`: one of the two texts starts with the other.
bool MayHold(std::string_view folder, std::string_view prefix) {
  const auto size = std::min(folder.size(), prefix.size());
  return folder.substr(0, size) == prefix.substr(0, size);
}

Result<void> Collect(const fs::path& root, const std::string& folder, std::string_view prefix, std::vector<std::string>& names) {
  std::error_code error;
  for (fs::directory_iterator entry(root / folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = folder + entry->path().filename().string();
    if (entry->is_directory(error)) {
      if (MayHold(name + '/', prefix)) EDGEWISE_TRY(Collect(root, name + '/', prefix, names));
    } else if (name.starts_with(prefix) && CheckName(name)) {
      names.push_back(name);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Fail(Code::kUnavailable, fmt::format("store folder {}: {}", (root / folder).string(), error.message()));
  }
  return {};
}

}  // namespace

Result<void> DirectoryStore::Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline) {
  EDGEWISE_TRY(CheckName(name));
  const auto path = root_ / name;
  EDGEWISE_TRY(files_.MakeDirs(path.parent_path()));
  return files_.CreateDurably(path, bytes.value());
}

Result<std::string> DirectoryStore::Get(std::string_view name, Deadline) {
  EDGEWISE_TRY(CheckName(name));
  return files_.Read(root_ / name);
}

Result<std::vector<std::string>> DirectoryStore::List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline) {
  std::vector<std::string> names;
  EDGEWISE_TRY(Collect(root_, "", prefix, names));
  std::ranges::sort(names);
  names.erase(names.begin(), std::ranges::upper_bound(names, after));
  if (names.size() > limit) names.resize(limit);
  return names;
}

}  // namespace edgewise::store
