#include "queue/detail/sqlite_file.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "queue/detail/page_sum.h"

namespace edgewise::queue::detail {
namespace {

std::unexpected<Error> FromSqlite(sqlite3* database, const SqliteVfs& vfs, std::string_view path, std::string_view what) {
  const int code = sqlite3_errcode(database);
  auto message = fmt::format("queue: {} {}: {}", what, path, sqlite3_errmsg(database));
  if (const auto& cause = vfs.failure() ? vfs.failure() : vfs.last(); cause && (code == SQLITE_IOERR || code == SQLITE_CANTOPEN))
    message += fmt::format(" ({})", cause->message);
  switch (code) {
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
  auto* const database = sqlite3_db_handle(statement_.get());
  auto failure = FromSqlite(database, *vfs_, sqlite3_db_filename(database, "main"), "using");
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

Result<SqliteFile> SqliteFile::Open(Files& files, const std::filesystem::path& path, Files::Opening opening) {
  if (const auto size = files.Size(path); opening == Files::Opening::kExisting && !size && size.error().code == Code::kNotFound)
    return Fail(Code::kNotFound, fmt::format("there is no queue {}", path.string()));
  SqliteFile file(path.string());
  file.vfs_ = std::make_unique<SqliteVfs>(files);
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (opening == Files::Opening::kMayCreate ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, file.vfs_->name());
  file.database_.reset(raw);
  if (code != SQLITE_OK) return FromSqlite(raw, *file.vfs_, file.path_, "opening");
  // Before anything else is read: no other connection can come between, and no file but the database and its log is needed.
  EDGEWISE_TRY(file.Execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY"));
  return file;
}

Result<void> SqliteFile::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return FromSqlite(database_.get(), *vfs_, path_, "using");
  return {};
}

Result<void> SqliteFile::ReserveBytes(int bytes) {
  EDGEWISE_TRY(Execute(fmt::format("PRAGMA page_size={}", kPageBytes)));
  if (sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) != SQLITE_OK)
    return FromSqlite(database_.get(), *vfs_, path_, "using");
  return {};
}

Result<SqliteStatement> SqliteFile::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
    return FromSqlite(database_.get(), *vfs_, path_, "using");
  return SqliteStatement(raw, *vfs_);
}

}  // namespace edgewise::queue::detail
