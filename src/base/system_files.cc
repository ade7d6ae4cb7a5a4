#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/detail/posix.h"
#include "base/files.h"

namespace edgewise {
namespace {

namespace fs = std::filesystem;
using detail::Descriptor, detail::FromErrno, detail::ReadAll, detail::SyncDirectory, detail::SyncFile, detail::TruncateFile,
    detail::WriteAll;

constexpr std::string_view kTemporary = ".tmp-";
constexpr std::string_view kAny = "XXXXXX";  // mkostemp makes letters and digits of it

bool IsDirectory(const fs::path& path) {
  std::error_code ignored;  // whatever it is, what is done next says it
  return fs::is_directory(path, ignored);
}

class SystemAppendFile final : public Files::AppendFile {
 public:
  SystemAppendFile(int fd, std::uint64_t size, fs::path path) : fd_(fd), size_(size), path_(std::move(path)) {}

  Result<void> Append(std::string_view bytes) override {
    EDGEWISE_TRY(WriteAll(fd_.get(), bytes, path_));
    size_ += bytes.size();
    return {};
  }
  Result<void> Sync() override { return SyncFile(fd_.get(), path_); }
  Result<void> Truncate(std::uint64_t size) override {
    EDGEWISE_TRY(TruncateFile(fd_.get(), size, path_));
    size_ = size;
    return Sync();
  }
  std::uint64_t size() const override { return size_; }

 private:
  Descriptor fd_;
  std::uint64_t size_;
  fs::path path_;
};

class SystemRandomFile final : public Files::RandomFile {
 public:
  SystemRandomFile(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) override { return ReadAll(fd_.get(), offset, into, path_); }
  Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override {
    return detail::WriteAllAt(fd_.get(), offset, bytes, path_);
  }
  Result<void> Sync() override { return SyncFile(fd_.get(), path_); }
  Result<void> Truncate(std::uint64_t size) override { return TruncateFile(fd_.get(), size, path_); }
  Result<std::uint64_t> Size() override {
    struct stat status{};
    if (fstat(fd_.get(), &status) != 0) return FromErrno("stat", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }
  // The lock of the open file description (fcntl(2)), on the bytes that SQLite's own file layer locks. Closing another descriptor of the
  // file does not take it away, as it would a lock of the process.
  Result<void> Lock() override {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    if (fcntl(fd_.get(), F_OFD_SETLK, &lock) == 0) return {};
    if (errno != EAGAIN && errno != EACCES) return FromErrno("lock", path_);
    return Fail(Code::kFailedPrecondition, fmt::format("lock {}: another process has it; stop that first", path_.string()));
  }

 private:
  Descriptor fd_;
  fs::path path_;
};

class RealFiles final : public Files {
 public:
  Result<std::unique_ptr<AppendFile>> OpenAppend(const fs::path& path) override {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return FromErrno("open", path);
    struct stat status{};
    fstat(fd, &status);
    auto file = std::make_unique<SystemAppendFile>(fd, static_cast<std::uint64_t>(status.st_size), path);
    EDGEWISE_TRY(SyncDirectory(path.parent_path()));  // one that was there may come from a process killed before its own sync
    return file;
  }

  Result<std::unique_ptr<RandomFile>> OpenRandom(const fs::path& path, Opening opening) override {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | (opening == Opening::kMayCreate ? O_CREAT : 0), 0600);
    if (fd < 0) return FromErrno("open", path);
    auto file = std::make_unique<SystemRandomFile>(fd, path);
    EDGEWISE_TRY(SyncDirectory(path.parent_path()));
    return file;
  }

  Result<std::string> Read(const fs::path& path) override {
    EDGEWISE_ASSIGN(const auto size, Size(path));
    return ReadRange(path, 0, size);
  }

  Result<std::string> ReadRange(const fs::path& path, std::uint64_t offset, std::size_t size) override {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // to open a pipe would wait for its writer
    if (file.get() < 0) return FromErrno("open", path);
    struct stat status{};
    if (fstat(file.get(), &status) != 0) return FromErrno("stat", path);
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {  // a directory says so itself when it is read
      return Fail(Code::kFailedPrecondition, fmt::format("read {}: it is no regular file", path.string()));
    }
    std::string bytes(size, '\0');
    EDGEWISE_ASSIGN(const auto have, ReadAll(file.get(), offset, bytes, path));
    bytes.resize(have);
    return bytes;
  }

  Result<std::uint64_t> Size(const fs::path& path) override {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return FromErrno("stat", path);
    return static_cast<std::uint64_t>(status.st_size);
  }

  // link() fails when the name is taken, so two creators cannot both succeed, and the name appears only with its whole content.
  Result<void> CreateDurably(const fs::path& path, std::string_view bytes) override {
    EDGEWISE_ASSIGN(const auto temporary, WriteTemporary(path, bytes));
    const bool linked = link(temporary.c_str(), path.c_str()) == 0;
    const auto failure = linked ? Result<void>() : Result<void>(FromErrno("create", path));
    unlink(temporary.c_str());
    if (!linked && failure.error().code != Code::kAlreadyExists) return failure;
    EDGEWISE_TRY(SyncDirectory(path.parent_path()));  // "it is there" is a promise, too: its maker may not have come so far
    return failure;
  }

  Result<void> ReplaceDurably(const fs::path& path, std::string_view bytes) override {
    EDGEWISE_ASSIGN(const auto temporary, WriteTemporary(path, bytes));
    if (rename(temporary.c_str(), path.c_str()) != 0) {
      const auto failure = FromErrno("rename to", path);
      unlink(temporary.c_str());
      return failure;
    }
    return SyncDirectory(path.parent_path());
  }

  Result<void> Remove(const fs::path& path) override {
    if (std::remove(path.c_str()) != 0 && errno != ENOENT) return FromErrno("remove", path);
    return {};
  }

  Result<void> RemoveDurably(const fs::path& path) override {
    EDGEWISE_TRY(Remove(path));
    return SyncDirectory(path.parent_path());
  }

  Result<void> MakeDirs(const fs::path& path) override {
    if (path.empty() || IsDirectory(path)) return {};
    EDGEWISE_TRY(MakeDirs(path.parent_path()));
    const bool made = mkdir(path.c_str(), 0700) == 0;
    const auto failure = made ? Result<void>() : Result<void>(FromErrno("make directory", path));
    if (!made && !IsDirectory(path)) return failure;
    const auto synced = SyncDirectory(path.parent_path());
    if (!synced && made) rmdir(path.c_str());  // the next call must not take it for durable
    return synced;
  }

  Result<std::vector<std::string>> List(const fs::path& path) override {
    DIR* directory = opendir(path.c_str());
    if (directory == nullptr) return FromErrno("list", path);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static Result<fs::path> WriteTemporary(const fs::path& path, std::string_view bytes) {
    std::string name = fmt::format("{}{}{}", path.string(), kTemporary, kAny);
    const Descriptor file(mkostemp(name.data(), O_CLOEXEC));
    if (file.get() < 0) return FromErrno("create temporary for", path);
    auto written = WriteAll(file.get(), bytes, name);
    if (written) written = SyncFile(file.get(), name);
    if (!written) {
      unlink(name.c_str());
      return std::unexpected(written.error());
    }
    return fs::path(name);
  }
};

}  // namespace

bool IsTemporary(std::string_view name) {
  const auto ending = kTemporary.size() + kAny.size();
  return name.size() > ending && name.substr(name.size() - ending).starts_with(kTemporary);
}

Files& SystemFiles() {
  static RealFiles files;
  return files;
}

}  // namespace edgewise
