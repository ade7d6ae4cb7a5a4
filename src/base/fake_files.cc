#include "base/fake_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace edgewise {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> Full(const fs::path& path) {
  return Fail(Code::kResourceExhausted, fmt::format("write {}: no space left on the fake disk; free space and try again", path.string()));
}

fs::path Normal(const fs::path& path) {
  const auto normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

void FakeFiles::FailAfter(std::size_t steps, Error error, Effect effect, Lasts lasts) {
  const std::lock_guard lock(mutex_);
  failure_ = Failure{std::move(error), effect, lasts};
  fail_at_ = steps_ + steps;
}

void FakeFiles::Mend() {
  const std::lock_guard lock(mutex_);
  failure_.reset();
}

void FakeFiles::LimitSpace(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}

std::uint64_t FakeFiles::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

void FakeFiles::PowerCut(std::size_t survivors) {
  const std::lock_guard lock(mutex_);
  names_ = durable_names_;
  for (auto& [path, node] : names_) node->PowerCut(survivors);
  EndLife();
}

void FakeFiles::EndLife() {
  locked_.clear();
  ++life_;
}

void FakeFiles::Kill() {
  const std::lock_guard lock(mutex_);
  EndLife();
}

void FakeFiles::Flip(const fs::path& path, std::uint64_t at, unsigned bit) {
  const std::lock_guard lock(mutex_);
  if (const auto node = Find(path)) (*node)->Flip(at, bit);
}

FakeFiles::Image FakeFiles::TakeImage() const {
  const std::lock_guard lock(mutex_);
  Image image;
  for (const auto& [path, node] : durable_names_) image[path] = node->durable();
  return image;
}

void FakeFiles::SetBack(const Image& image) {
  const std::lock_guard lock(mutex_);
  names_.clear();
  for (const auto& [path, bytes] : image) names_[path] = std::make_shared<Node>(bytes);
  durable_names_ = names_;
  EndLife();
}

void FakeFiles::PowerCut(std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  if (random() % 2 == 0) {  // each folder has its own luck: a file system writes its changes of names in order
    std::map<fs::path, bool> lucky;
    for (const auto& folder : folders_) lucky[folder] = random() % 2 == 0;
    std::erase_if(durable_names_, [&](const auto& entry) { return lucky[entry.first.parent_path()]; });
    for (const auto& entry : names_) {
      if (lucky[entry.first.parent_path()]) durable_names_.insert(entry);
    }
  }
  names_ = durable_names_;
  for (auto& [path, node] : names_) node->PowerCut(random);
  EndLife();
}

std::optional<FakeFiles::Failure> FakeFiles::Fails() {
  const bool fails = failure_ && (failure_->lasts == Lasts::kOnce ? steps_ == fail_at_ : steps_ >= fail_at_);
  ++steps_;
  if (!fails) return std::nullopt;
  return failure_->lasts == Lasts::kOnce ? std::exchange(failure_, std::nullopt) : failure_;
}

Result<void> FakeFiles::Step() {
  const auto failure = Fails();
  return failure ? Result<void>(std::unexpected(failure->error)) : Result<void>();
}

Result<void> FakeFiles::Parent(const fs::path& path) const {
  const auto parent = path.parent_path();
  if (parent == path.root_path() || folders_.contains(parent)) return {};
  return Fail(Code::kNotFound, fmt::format("{}: no such directory", parent.string()));
}

Result<std::shared_ptr<FakeFiles::Node>> FakeFiles::Find(const fs::path& path) const {
  const auto found = names_.find(path);
  if (found == names_.end()) return Fail(Code::kNotFound, fmt::format("{}: no such file", path.string()));
  return found->second;
}

std::uint64_t FakeFiles::Space() const {
  if (!limit_) return std::string::npos;
  std::uint64_t used = 0;
  for (const auto& [path, node] : names_) used += node->bytes().size();
  return *limit_ > used ? *limit_ - used : 0;
}

Result<void> FakeFiles::SyncDirectory(const fs::path& path) {
  EDGEWISE_TRY(Step());
  const auto inside = [&path](const auto& entry) { return entry.first.parent_path() == path; };
  std::erase_if(durable_names_, inside);
  for (const auto& entry : names_) {
    if (inside(entry)) durable_names_.insert(entry);
  }
  return {};
}

Result<std::string> FakeFiles::Read(const fs::path& path) { return ReadRange(path, 0, std::string::npos); }

Result<std::string> FakeFiles::ReadRange(const fs::path& path, std::uint64_t offset, std::size_t size) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Step());
  EDGEWISE_ASSIGN(const auto node, Find(Normal(path)));
  return offset < node->bytes().size() ? node->bytes().substr(offset, size) : std::string();
}

Result<std::uint64_t> FakeFiles::Size(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Step());
  EDGEWISE_ASSIGN(const auto node, Find(Normal(path)));
  return node->bytes().size();
}

/// A synced file that has no name yet.
Result<std::shared_ptr<FakeFiles::Node>> FakeFiles::WholeFile(const fs::path& path, std::string_view bytes) {
  EDGEWISE_TRY(Parent(path));
  EDGEWISE_TRY(Step());
  if (bytes.size() > Space()) return Full(path);
  return std::make_shared<Node>(bytes);
}

Result<void> FakeFiles::CreateDurably(const fs::path& given, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto path = Normal(given);
  EDGEWISE_ASSIGN(auto node, WholeFile(path, bytes));
  const bool created = names_.emplace(path, std::move(node)).second;
  EDGEWISE_TRY(SyncDirectory(path.parent_path()));
  if (!created) return Fail(Code::kAlreadyExists, fmt::format("create {}: it is there", path.string()));
  return {};
}

Result<void> FakeFiles::ReplaceDurably(const fs::path& given, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto path = Normal(given);
  EDGEWISE_ASSIGN(names_[path], WholeFile(path, bytes));
  return SyncDirectory(path.parent_path());
}

Result<void> FakeFiles::Remove(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  return RemoveName(path);
}

Result<void> FakeFiles::RemoveDurably(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(RemoveName(path));
  return SyncDirectory(Normal(path).parent_path());
}

Result<void> FakeFiles::RemoveName(const fs::path& path) {
  EDGEWISE_TRY(Step());
  const auto normal = Normal(path);
  if (folders_.contains(normal)) {
    const auto inside = [&](const fs::path& each) { return each.parent_path() == normal; };
    if (std::ranges::any_of(folders_, inside) || std::ranges::any_of(names_ | std::views::keys, inside))
      return Fail(Code::kUnavailable, fmt::format("remove {}: the directory is not empty", path.string()));
    folders_.erase(normal);
  }
  names_.erase(normal);
  return {};
}

Result<void> FakeFiles::MakeDirs(const fs::path& given) {
  const auto path = Normal(given);
  if (path.empty() || path == path.root_path()) return {};
  EDGEWISE_TRY(MakeDirs(path.parent_path()));
  const std::lock_guard lock(mutex_);
  if (names_.contains(path)) return Fail(Code::kAlreadyExists, fmt::format("make directory {}: a file is there", path.string()));
  if (folders_.contains(path)) return {};
  EDGEWISE_TRY(Step());
  folders_.insert(path);
  return {};
}

Result<std::vector<std::string>> FakeFiles::List(const fs::path& given) {
  const std::lock_guard lock(mutex_);
  const auto path = Normal(given);
  EDGEWISE_TRY(Step());
  EDGEWISE_TRY(Parent(path / "name"));
  std::vector<std::string> names;
  for (const auto& [name, node] : names_) {
    if (name.parent_path() == path) names.push_back(name.filename().string());
  }
  for (const auto& name : folders_) {
    if (name.parent_path() == path) names.push_back(name.filename().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace edgewise
