#include "hub/detail/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace edgewise::hub::detail {
namespace {

std::unexpected<Error> FromSqlite(sqlite3* database, std::string_view what) {
  const auto message = fmt::format("index: {}: {}", what, sqlite3_errmsg(database));
  switch (sqlite3_errcode(database)) {
    case SQLITE_FULL:
      return Fail(Code::kResourceExhausted, message + "; free space and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fail(Code::kDataLoss, message + "; move the file away, the index is rebuilt from the store");
    default:
      return Fail(Code::kUnavailable, message);
  }
}

}  // namespace

SqliteQuery::~SqliteQuery() {
  sqlite3_reset(statement_);
  if (statement_ != nullptr) sqlite3_clear_bindings(statement_);
}

SqliteQuery& SqliteQuery::Text(int index, std::string_view text) {
  sqlite3_bind_text(statement_, index, text.data() == nullptr ? "" : text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

SqliteQuery& SqliteQuery::Blob(int index, std::string_view bytes) {
  sqlite3_bind_blob(statement_, index, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

SqliteQuery& SqliteQuery::Number(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

SqliteQuery& SqliteQuery::Real(int index, double number) {
  sqlite3_bind_double(statement_, index, number);
  return *this;
}

Result<bool> SqliteQuery::Next() {
  if (statement_ == nullptr) return FromSqlite(database_, "prepare");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return FromSqlite(database_, "step");
}

Result<void> SqliteQuery::Run() {
  EDGEWISE_TRY(Next());
  return {};
}

std::string_view SqliteQuery::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t SqliteQuery::number(int column) const { return sqlite3_column_int64(statement_, column); }
double SqliteQuery::real(int column) const { return sqlite3_column_double(statement_, column); }

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close(database); }
void SqliteDatabase::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteDatabase::SqliteDatabase(std::unique_ptr<sqlite3, Close> database) : database_(std::move(database)) {}
SqliteDatabase::SqliteDatabase(SqliteDatabase&&) noexcept = default;
SqliteDatabase::~SqliteDatabase() = default;

Result<SqliteDatabase> SqliteDatabase::Open(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  SqliteDatabase database{std::unique_ptr<sqlite3, Close>(raw)};
  if (code != SQLITE_OK) return FromSqlite(raw, fmt::format("open {}", file.string()));
  sqlite3_busy_timeout(raw, 5000);  // two hubs on one file take turns
  EDGEWISE_TRY(database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000; PRAGMA temp_store=MEMORY;"));
  return database;
}

Result<void> SqliteDatabase::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return FromSqlite(database_.get(), "execute");
  return {};
}

SqliteQuery SqliteDatabase::operator()(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
      return {database_.get(), nullptr};
    }
    found = statements_.emplace(sql, raw).first;
  }
  return {database_.get(), found->second.get()};
}

int SqliteDatabase::Changes() const { return sqlite3_changes(database_.get()); }
std::int64_t SqliteDatabase::LastId() const { return sqlite3_last_insert_rowid(database_.get()); }

}  // namespace edgewise::hub::detail
