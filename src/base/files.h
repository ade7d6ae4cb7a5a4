#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise {

/// The file system as far as durable state needs it; a seam, so that faults can be injected (fake_files.h).
/// Durability: Sync() returns after fdatasync; CreateDurably() and ReplaceDurably() after file and directory are synced.
/// Errors: kNotFound, kAlreadyExists, kResourceExhausted (disk full: free space and call again), kFailedPrecondition
///   (not allowed: mend that), kUnavailable (I/O error: whether the call had an effect is unknown).
/// After a failed Sync() what was written before it may be readable and yet never reach the disk, whatever a later Sync() says (fsync(2)):
///   only what is written again can be trusted.
/// Threads: any number; one AppendFile or RandomFile by one thread at a time.
class Files {
 public:
  /// A file open for appending.
  class AppendFile {
   public:
    virtual ~AppendFile() = default;
    virtual Result<void> Append(std::string_view bytes) = 0;  ///< All or an error; after an error the tail is undefined.
    virtual Result<void> Sync() = 0;
    virtual Result<void> Truncate(std::uint64_t size) = 0;
    virtual std::uint64_t size() const = 0;
  };

  /// A file open for reading and writing anywhere.
  class RandomFile {
   public:
    virtual ~RandomFile() = default;
    /// Answers how many bytes it read: fewer only at the end of the file.
    virtual Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) = 0;
    virtual Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) = 0;  ///< All or an error; then any part may be there.
    virtual Result<void> Sync() = 0;
    virtual Result<void> Truncate(std::uint64_t size) = 0;  ///< Durable after the next Sync().
    virtual Result<std::uint64_t> Size() = 0;
    /// Takes the file for this object until it ends; others that Lock() it, here or in another process, get kFailedPrecondition. It also
    /// keeps out SQLite's own tools, if the file is a database of theirs.
    virtual Result<void> Lock() = 0;
  };
  enum class Opening : std::uint8_t { kExisting, kMayCreate };

  virtual ~Files() = default;
  /// Created if missing. Its name is durable.
  virtual Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) = 0;
  /// Its name is durable.
  virtual Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening opening) = 0;
  virtual Result<std::string> Read(const std::filesystem::path& path) = 0;
  /// Short at the end.
  virtual Result<std::string> ReadRange(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) = 0;
  virtual Result<std::uint64_t> Size(const std::filesystem::path& path) = 0;
  /// kAlreadyExists if it is there, durably.
  virtual Result<void> CreateDurably(const std::filesystem::path& path, std::string_view bytes) = 0;
  /// Old or new, never half.
  virtual Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) = 0;
  /// A file or an empty directory; missing is no error. Not durable by itself: a power cut may bring the file back.
  virtual Result<void> Remove(const std::filesystem::path& path) = 0;
  /// Likewise, durably.
  virtual Result<void> RemoveDurably(const std::filesystem::path& path) = 0;
  /// Durably. kAlreadyExists if a file is in the way.
  virtual Result<void> MakeDirs(const std::filesystem::path& path) = 0;
  /// Names (not paths) in a directory, sorted; kNotFound if it is not there.
  virtual Result<std::vector<std::string>> List(const std::filesystem::path& path) = 0;
};

/// Whether a file's name is one under which CreateDurably() and ReplaceDurably() write before it gets its own: "name.tmp-a1B2c3". A process
/// that was killed leaves such a file; it is no content.
bool IsTemporary(std::string_view name);

/// The real file system.
Files& SystemFiles();

}  // namespace edgewise
