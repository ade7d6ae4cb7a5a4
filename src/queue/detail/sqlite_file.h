#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace edgewise::queue::detail {

/// A prepared statement. Its file outlives it. Threads: one at a time.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

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
};

/// One connection to a SQLite file that is this process's alone: WAL, synchronous=FULL, locking_mode=EXCLUSIVE. It writes and checkpoints,
/// and there is no other: releases of SQLite before 3.51.3 lose data when one connection writes while another resets the WAL.
/// Errors: kFailedPrecondition (another process has it), kResourceExhausted (disk full), kDataLoss (damaged, or no database), kUnavailable.
/// Each names the file. Threads: one at a time.
class SqliteFile {
 public:
  /// Errors also: kNotFound (`create` is false and there is none).
  static Result<SqliteFile> Open(const std::filesystem::path& path, bool create);
  Result<void> Execute(const std::string& sql);
  Result<SqliteStatement> Prepare(std::string_view sql);
  sqlite3* handle() const { return database_.get(); }
  const std::string& path() const { return path_; }

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
  SqliteFile(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace edgewise::queue::detail
