#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "queue/detail/sqlite_vfs.h"

struct sqlite3;
struct sqlite3_stmt;

namespace edgewise::queue::detail {

/// A prepared statement. Its file outlives it. Threads: one at a time.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3_stmt* statement, const SqliteVfs& vfs) : statement_(statement), vfs_(&vfs) {}

  SqliteStatement& Bind(int index, std::int64_t number);
  SqliteStatement& Bind(int index, std::string_view text);  ///< Borrowed until Reset().
  /// Whether there is a row, whose columns are then valid until the next call. Errors: as SqliteFile; it is reset after one.
  Result<bool> Step();
  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;
  void Reset();

  Result<void> Run();             ///< Steps once and resets.
  Result<std::int64_t> Number();  ///< Of the first column of the one row.

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  const SqliteVfs* vfs_ = nullptr;
};

/// One connection to a SQLite file that is its alone: WAL, synchronous=FULL, locking_mode=EXCLUSIVE. It writes and checkpoints, and there
/// is no other: releases of SQLite before 3.51.3 lose data when one connection writes while another resets the WAL.
/// Errors: kFailedPrecondition (another process has it), kResourceExhausted (disk full), kDataLoss (damaged, or no database), kUnavailable
///   (then failed(): only another SqliteFile on the same path can go on). Each names the file. Threads: one at a time.
class SqliteFile {
 public:
  /// Errors also: kNotFound (`create` is false and there is none).
  static Result<SqliteFile> Open(Files& files, const std::filesystem::path& path, Files::Opening opening);
  SqliteFile(SqliteFile&&) = default;
  SqliteFile& operator=(SqliteFile&&) = delete;  // the layer must not go before the connection
  Result<void> Execute(const std::string& sql);
  /// Keeps so many bytes at the end of each page free of a database that is empty.
  Result<void> ReserveBytes(int bytes);
  Result<SqliteStatement> Prepare(std::string_view sql);
  sqlite3* handle() const { return database_.get(); }
  const std::string& path() const { return path_; }
  bool failed() const { return vfs_->failure().has_value(); }
  std::uint64_t mended() const { return vfs_->mended(); }

  /// Runs `body` in a transaction; any error rolls it back.
  template <class Body>
  auto InTransaction(Body body) -> decltype(body()) {
    EDGEWISE_TRY(Execute("BEGIN IMMEDIATE"));
    auto result = body();
    if (result) {
      auto committed = Execute("COMMIT");
      if (committed) return result;
      result = std::unexpected(std::move(committed.error()));
    }
    (void)Execute("ROLLBACK");  // the first error is the one to tell
    return result;
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::unique_ptr<SqliteVfs> vfs_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace edgewise::queue::detail
