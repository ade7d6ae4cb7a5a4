#include "store/directory_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgewise::store {
namespace {

namespace fs = std::filesystem;

using std::chrono::hours;
using std::chrono::seconds;

fs::file_time_type Changed(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  return error ? fs::file_time_type::max() : time;
}

/// An entry may vanish while its folder is read, as a Put's temporary file does: that says nothing of the others.
bool IsFolder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

/// A time stamp is as coarse as the kernel's clock: a change in the same tick leaves it as it is. One that is old enough tells.
bool IsSettled(fs::file_time_type changed) {
  return changed != fs::file_time_type::max() && fs::file_time_type::clock::now() - changed > seconds(1);
}

}  // namespace

struct DirectoryStore::Search {
  std::string_view prefix, after;
  std::vector<std::string> names;
  bool saw_folder = false;

  /// Whether a folder can hold what is looked for: names begin with it and have no letter above '~'.
  bool MayHold(const std::string& folder) const {
    const auto size = std::min(folder.size(), prefix.size());
    return folder.substr(0, size) == prefix.substr(0, size) && folder + '\x7f' > after;
  }
};

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

Result<void> DirectoryStore::Collect(const std::string& folder, Search& search) {
  std::error_code error;
  for (fs::directory_iterator entry(root_ / folder, error), end; !error && entry != end; entry.increment(error)) {
    ++entries_read_;
    auto name = folder + entry->path().filename().string();
    if (!IsFolder(*entry)) {
      Take(*entry, std::move(name), search);
      continue;
    }
    search.saw_folder = true;
    name += '/';
    if (search.MayHold(name)) EDGEWISE_TRY(Collect(name, search));
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return Fail(Code::kUnavailable, fmt::format("store folder {}: {}", (root_ / folder).string(), error.message()));
  }
  return {};
}

void DirectoryStore::Take(const fs::directory_entry& entry, std::string name, Search& search) {
  if (IsTemporary(name)) {
    // Nobody writes one object for an hour: its writer was killed. A failure to remove it harms nobody.
    const auto changed = Changed(entry.path());
    if (changed != fs::file_time_type::max() && fs::file_time_type::clock::now() - changed > hours(1)) (void)files_.Remove(entry.path());
  } else if (name > search.after && name.starts_with(search.prefix) && CheckName(name)) {
    search.names.push_back(std::move(name));
  }
}

bool DirectoryStore::IsExhausted(std::string_view folder, std::string_view after) const {
  const std::scoped_lock lock(mutex_);
  const auto known = exhausted_.find(folder);
  return known != exhausted_.end() && after >= known->second.after && Changed(root_ / folder) == known->second.changed;
}

void DirectoryStore::NoteExhausted(std::string_view folder, std::string_view after, fs::file_time_type changed) {
  const std::scoped_lock lock(mutex_);
  exhausted_.insert_or_assign(std::string(folder), Exhausted{changed, std::string(after)});
}

Result<std::vector<std::string>> DirectoryStore::List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline) {
  const bool is_folder = prefix.ends_with('/');
  if (is_folder && IsExhausted(prefix, after)) return std::vector<std::string>();
  const auto changed = is_folder ? Changed(root_ / prefix) : fs::file_time_type::max();  // before it is read
  const std::string first(is_folder ? prefix : prefix.substr(0, prefix.rfind('/') + 1));
  Search search{prefix, after, {}};
  EDGEWISE_TRY(Collect(first, search));
  if (search.names.empty() && !search.saw_folder && IsSettled(changed)) NoteExhausted(prefix, after, changed);
  auto& names = search.names;
  std::ranges::sort(names);
  if (names.size() > limit) names.resize(limit);
  return std::move(names);
}

Result<std::vector<std::string>> DirectoryStore::Folders(std::string_view folder, Deadline) {
  std::vector<std::string> folders;
  std::error_code error;
  for (fs::directory_iterator entry(root_ / folder, error), end; !error && entry != end; entry.increment(error)) {
    ++entries_read_;
    if (IsFolder(*entry)) folders.push_back(std::string(folder) + entry->path().filename().string() + '/');
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return Fail(Code::kUnavailable, fmt::format("store folder {}: {}", (root_ / folder).string(), error.message()));
  }
  std::ranges::sort(folders);
  return folders;
}

}  // namespace edgewise::store
