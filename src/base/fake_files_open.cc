#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/fake_files.h"

namespace edgewise {

namespace fs = std::filesystem;

/// One opening of a node: what is open does not work any more after a power cut.
class FakeFiles::Handle {
 public:
  Handle(FakeFiles& files, std::shared_ptr<Node> node, fs::path path)
      : files_(files), node_(std::move(node)), path_(std::move(path)), life_(files.life_) {}
  ~Handle() {
    const std::lock_guard lock(files_.mutex_);
    if (locked_ && life_ == files_.life_) files_.locked_.erase(node_.get());
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  FakeFiles& files() const { return files_; }
  Node& node() const { return *node_; }

  /// All below: with the files' lock held.
  Result<void> Alive() const {
    return life_ == files_.life_ ? Result<void>() : Fail(Code::kUnavailable, path_.string() + ": the power was cut; open it again");
  }
  Result<void> Step() const {
    EDGEWISE_TRY(Alive());
    return files_.Step();
  }
  Result<void> Write(std::uint64_t offset, std::string_view bytes) const {
    EDGEWISE_TRY(Alive());
    if (const auto failure = files_.Fails()) {
      const auto part = failure->effect == Effect::kNone ? 0 : failure->effect == Effect::kHalf ? bytes.size() / 2 : bytes.size();
      if (part > 0) node_->Write(offset, bytes.substr(0, part));
      return std::unexpected(failure->error);
    }
    const auto end = offset + bytes.size();
    const auto grows = end > node_->bytes().size() ? end - node_->bytes().size() : 0;
    const auto room = std::min<std::uint64_t>(grows, files_.Space());
    node_->Write(offset, bytes.substr(0, bytes.size() - std::min<std::uint64_t>(bytes.size(), grows - room)));
    if (room == grows) return {};
    return Fail(Code::kResourceExhausted,
                fmt::format("write {}: no space left on the fake disk; free space and try again", path_.string()));
  }
  Result<void> Sync() const {
    EDGEWISE_TRY(Alive());
    const auto failure = files_.Fails();
    failure && failure->effect != Effect::kAll ? node_->Forget() : node_->Sync();
    return failure ? Result<void>(std::unexpected(failure->error)) : Result<void>();
  }
  Result<void> Lock() {
    EDGEWISE_TRY(Step());
    if (!locked_ && !files_.locked_.insert(node_.get()).second)
      return Fail(Code::kFailedPrecondition, fmt::format("lock {}: another process has it; stop that first", path_.string()));
    locked_ = true;
    return {};
  }

 private:
  FakeFiles& files_;
  std::shared_ptr<Node> node_;
  fs::path path_;
  int life_;
  bool locked_ = false;
};

class FakeFiles::OpenFile final : public Files::AppendFile {
 public:
  OpenFile(FakeFiles& files, std::shared_ptr<Node> node, const fs::path& path)
      : size_(node->bytes().size()), handle_(files, std::move(node), path) {}

  Result<void> Append(std::string_view bytes) override {
    const std::lock_guard lock(handle_.files().mutex_);
    EDGEWISE_TRY(handle_.Write(handle_.node().bytes().size(), bytes));
    size_ += bytes.size();
    return {};
  }
  Result<void> Sync() override {
    const std::lock_guard lock(handle_.files().mutex_);
    return handle_.Sync();
  }
  Result<void> Truncate(std::uint64_t size) override {
    const std::lock_guard lock(handle_.files().mutex_);
    EDGEWISE_TRY(handle_.Step());
    handle_.node().Truncate(size);
    size_ = size;
    return handle_.Sync();
  }
  std::uint64_t size() const override { return size_; }

 private:
  std::uint64_t size_;
  Handle handle_;
};

class FakeFiles::OpenRandomFile final : public Files::RandomFile {
 public:
  OpenRandomFile(FakeFiles& files, std::shared_ptr<Node> node, const fs::path& path) : handle_(files, std::move(node), path) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) override {
    const std::lock_guard lock(handle_.files().mutex_);
    EDGEWISE_TRY(handle_.Step());
    const std::string_view bytes = handle_.node().bytes();
    const auto part = offset < bytes.size() ? bytes.substr(offset, into.size()) : std::string_view();
    std::ranges::copy(part, into.begin());
    return part.size();
  }
  Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(handle_.files().mutex_);
    return handle_.Write(offset, bytes);
  }
  Result<void> Sync() override {
    const std::lock_guard lock(handle_.files().mutex_);
    return handle_.Sync();
  }
  Result<void> Truncate(std::uint64_t size) override {
    const std::lock_guard lock(handle_.files().mutex_);
    EDGEWISE_TRY(handle_.Step());
    handle_.node().Truncate(size);
    return {};
  }
  Result<std::uint64_t> Size() override {
    const std::lock_guard lock(handle_.files().mutex_);
    EDGEWISE_TRY(handle_.Step());
    return handle_.node().bytes().size();
  }
  Result<void> Lock() override {
    const std::lock_guard lock(handle_.files().mutex_);
    return handle_.Lock();
  }

 private:
  Handle handle_;
};

/// The node of this name, made if it is missing.
Result<std::shared_ptr<FakeFiles::Node>> FakeFiles::Open(const fs::path& path) {
  EDGEWISE_TRY(Parent(path));
  EDGEWISE_TRY(Step());
  auto& node = names_[path];
  if (!node) node = std::make_shared<Node>();
  EDGEWISE_TRY(SyncDirectory(path.parent_path()));
  return node;
}

Result<std::unique_ptr<Files::AppendFile>> FakeFiles::OpenAppend(const fs::path& given) {
  const std::lock_guard lock(mutex_);
  const auto path = given.lexically_normal();
  EDGEWISE_ASSIGN(auto node, Open(path));
  return std::make_unique<OpenFile>(*this, std::move(node), path);
}

Result<std::unique_ptr<Files::RandomFile>> FakeFiles::OpenRandom(const fs::path& given, Opening opening) {
  const std::lock_guard lock(mutex_);
  const auto path = given.lexically_normal();
  if (opening == Opening::kExisting) EDGEWISE_TRY(Find(path));
  EDGEWISE_ASSIGN(auto node, Open(path));
  return std::make_unique<OpenRandomFile>(*this, std::move(node), path);
}

}  // namespace edgewise
