#include "store/fake_store.h"

#include <fmt/format.h>

#include <utility>

namespace edgewise::store {

void FakeStore::FailNext(Error error, Effect effect) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
  effect_ = effect;
}

std::optional<Error> FakeStore::TakeFailure() { return std::exchange(failure_, std::nullopt); }

Result<void> FakeStore::Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline) {
  EDGEWISE_TRY(CheckName(name));
  const std::scoped_lock lock(mutex_);
  const auto failure = TakeFailure();
  if (failure && effect_ == Effect::kNone) return std::unexpected(*failure);
  const bool added = objects_.emplace(name, bytes.value()).second;
  if (failure) return std::unexpected(*failure);
  if (!added) return Fail(Code::kAlreadyExists, fmt::format("object {} exists", name));
  return {};
}

Result<std::string> FakeStore::Get(std::string_view name, Deadline) {
  EDGEWISE_TRY(CheckName(name));
  const std::scoped_lock lock(mutex_);
  if (auto failure = TakeFailure()) return std::unexpected(*failure);
  const auto found = objects_.find(name);
  if (found == objects_.end()) return Fail(Code::kNotFound, fmt::format("object {} does not exist", name));
  return found->second;
}

Result<std::vector<std::string>> FakeStore::List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline) {
  const std::scoped_lock lock(mutex_);
  if (auto failure = TakeFailure()) return std::unexpected(*failure);
  std::vector<std::string> names;
  for (auto object = objects_.upper_bound(after); object != objects_.end() && names.size() < limit; ++object) {
    if (object->first.starts_with(prefix)) names.push_back(object->first);
  }
  return names;
}

Result<std::vector<std::string>> FakeStore::Folders(std::string_view folder, Deadline) {
  const std::scoped_lock lock(mutex_);
  if (auto failure = TakeFailure()) return std::unexpected(*failure);
  std::vector<std::string> folders;
  for (const auto& [name, bytes] : objects_) {
    const auto end = name.starts_with(folder) ? name.find('/', folder.size()) : std::string::npos;
    if (end == std::string::npos) continue;
    if (folders.empty() || folders.back() != name.substr(0, end + 1)) folders.push_back(name.substr(0, end + 1));
  }
  return folders;
}

}  // namespace edgewise::store
