#include "queue/detail/sqlite_file.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace edgewise::queue::detail {
namespace {

std::unexpected<Error> FromSqlite(sqlite3* database, std::string_view path, std::string_view what) {
  const auto message = fmt::format("queue: {} {}: {}", what, path, sqlite3_errmsg(database));
  switch (sqlite3_errcode(database)) {
    case SQLITE_FULL:
      return Fail(Code::kResourceExhausted, message + "; free space and try again");
    case SQLITE_CORRUPT:
      return Fail(Code::kDataLoss, message + "; keep the file, move it away, and start its site with a higher epoch");
    case SQLITE_NOTADB:
      return Fail(Code::kDataLoss, message + "; this is no queue, and is left as it is: move it away, or name another folder");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fail(Code::kFailedPrecondition, message + "; another process owns this queue, stop it first");
    default:
      return Fail(Code::kUnavailable, message);
  }
}

std::unexpected<Error> FromStatement(sqlite3_stmt* statement, std::string_view what) {
  auto* const database = sqlite3_db_handle(statement);
  return FromSqlite(database, sqlite3_db_filename(database, "main"), what);
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteStatement& SqliteStatement::Bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Result<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) return code == SQLITE_ROW;
  auto failure = FromStatement(statement_.get(), "using");
  Reset();
  return failure;
}

std::int64_t SqliteStatement::Integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteStatement::Reset() { sqlite3_reset(statement_.get()); }

Result<void> SqliteStatement::Run() {
  EDGEWISE_TRY(Step());
  Reset();
  return {};
}

Result<std::int64_t> SqliteStatement::Number() {
  EDGEWISE_ASSIGN(const bool found, Step());
  if (!found) {
    Reset();
    return Fail(Code::kDataLoss, fmt::format("queue: a row is missing in {}; restore the file, or move it away",
                                             sqlite3_db_filename(sqlite3_db_handle(statement_.get()), "main")));
  }
  const auto number = Integer(0);
  Reset();
  return number;
}

void SqliteFile::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Result<SqliteFile> SqliteFile::Open(const std::filesystem::path& path, bool create) {
  std::error_code ignored;
  if (!create && !std::filesystem::exists(path, ignored)) return Fail(Code::kNotFound, fmt::format("there is no queue {}", path.string()));
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), nullptr);
  SqliteFile file(path.string(), raw);
  if (code != SQLITE_OK) return FromSqlite(raw, file.path_, "opening");
  EDGEWISE_TRY(file.Execute("PRAGMA locking_mode=EXCLUSIVE"));  // before anything else is read: no other connection can come between
  return file;
}

Result<void> SqliteFile::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return FromSqlite(database_.get(), path_, "using");
  return {};
}

Result<SqliteStatement> SqliteFile::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
    return FromSqlite(database_.get(), path_, "using");
  return SqliteStatement(raw);
}

}  // namespace edgewise::queue::detail
