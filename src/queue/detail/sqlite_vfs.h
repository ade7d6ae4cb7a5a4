#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"

struct sqlite3_vfs;

namespace edgewise::queue::detail {

/// SQLite's file layer over Files, for one connection that has its file alone: what SQLite does can so be made to fail, and be cut off.
/// After a sync has failed, or another call on an open file (but a write for a full disk), nothing works any more: nobody knows what the
/// disk has, and a second sync would say "all" (fsync(2)). The connection is then closed, and the file opened with a layer of its own.
/// Flipped bits are mended (summed_database.h, summed_log.h).
/// Lifecycle: registered with SQLite as long as it lives; outlives the connection that was opened with name().
/// Threads: as the connection, one at a time.
class SqliteVfs {
 public:
  explicit SqliteVfs(Files& files);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  const char* name() const { return name_.c_str(); }
  const std::optional<Error>& failure() const { return failure_; }  ///< What ended it.
  const std::optional<Error>& last() const { return last_; }        ///< What the last call that failed said.
  std::uint64_t mended() const { return mended_; }                  ///< Flipped bits that were found and mended.

 private:
  struct File;
  friend struct SqliteCalls;

  /// Notes how a call ended, and answers what SQLite gets: `code` for an error that has none of its own. `harmless`: what such an error
  /// does not end.
  template <class T>
  int Answer(const Result<T>& result, int code, std::initializer_list<Code> harmless);

  Result<std::unique_ptr<Files::RandomFile>> Guarded(std::unique_ptr<Files::RandomFile> file, const char* name, int flags);

  Files& files_;
  std::uint64_t mended_ = 0;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::optional<Error> failure_, last_;
};

}  // namespace edgewise::queue::detail
