#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace edgewise::hub::detail {

class SqliteDatabase;

/// One run of a prepared statement: bind by position from 1, then step through the rows. Ends (is reset) when it goes out of scope.
class SqliteQuery {
 public:
  SqliteQuery(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  /// Bound bytes must live until the query ends.
  SqliteQuery& Text(int index, std::string_view text);
  SqliteQuery& Blob(int index, std::string_view bytes);
  SqliteQuery& Number(int index, std::int64_t number);
  SqliteQuery& Real(int index, double number);

  Result<bool> Next();  ///< Whether there is a (further) row.
  Result<void> Run();   ///< For statements without rows.

  // Of the present row, by column from 0; views live until the next Next().
  std::string_view text(int column) const;
  std::int64_t number(int column) const;
  double real(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

/// A connection with its prepared statements, kept by their text. One thread at a time.
class SqliteDatabase {
 public:
  static Result<SqliteDatabase> Open(const std::filesystem::path& file);
  SqliteDatabase(SqliteDatabase&&) noexcept;
  ~SqliteDatabase();

  Result<void> Execute(const std::string& sql);  ///< Any number of statements, no rows.
  /// `sql` is a literal. A statement that does not prepare is a bug of ours, or the file is damaged: the query then fails at its first
  /// step.
  SqliteQuery operator()(const char* sql);
  int Changes() const;  ///< Rows changed by the last statement.
  std::int64_t LastId() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteDatabase(std::unique_ptr<sqlite3, Close> database);

  std::unique_ptr<sqlite3, Close> database_;
  std::map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace edgewise::hub::detail
