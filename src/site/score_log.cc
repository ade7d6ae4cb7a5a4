#include "site/score_log.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace edgewise::site {
namespace {

constexpr int kVersion = 1;

constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS scores(
    number INTEGER PRIMARY KEY, lineage BLOB NOT NULL UNIQUE, model BLOB NOT NULL, layout BLOB NOT NULL, scored_at INTEGER NOT NULL,
    score REAL NOT NULL, request TEXT NOT NULL, sample BLOB NOT NULL, label INTEGER NOT NULL DEFAULT 0, label_at INTEGER);
  CREATE TABLE IF NOT EXISTS progress(one INTEGER PRIMARY KEY CHECK(one = 1), through INTEGER NOT NULL);
  INSERT OR IGNORE INTO progress VALUES(1, 0);
)";

constexpr std::string_view kColumns = "lineage, model, layout, scored_at, score, request, sample, label, label_at";

std::unexpected<Error> FromSqlite(sqlite3* database, std::string_view what) {
  const int code = sqlite3_errcode(database);
  const auto message = fmt::format("score log: {}: {}", what, sqlite3_errmsg(database));
  if (code == SQLITE_FULL) return Fail(Code::kResourceExhausted, message + "; free space and try again");
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return Fail(Code::kDataLoss, message);
  return Fail(Code::kUnavailable, message);
}

std::string_view Blob(sqlite3_stmt* statement, int column) {
  return {static_cast<const char*>(sqlite3_column_blob(statement, column)),
          static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

void BindBlob(sqlite3_stmt* statement, int index, std::string_view bytes) {
  sqlite3_bind_blob(statement, index, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
}

std::string_view BytesOf(const Digest& digest) { return {reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()}; }

Digest DigestFrom(std::string_view bytes) {
  std::array<std::uint8_t, 32> out{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
  return Digest(out);
}

ScoredRow RowFrom(sqlite3_stmt* statement) {
  ScoredRow row;
  row.lineage = LineageId::FromBytes(Blob(statement, 0));
  row.model = DigestFrom(Blob(statement, 1));
  row.layout = DigestFrom(Blob(statement, 2));
  row.scored_at = {sqlite3_column_int64(statement, 3)};
  row.score = sqlite3_column_double(statement, 4);
  row.request = Blob(statement, 5);
  row.sample = Blob(statement, 6);
  row.label = static_cast<LabelState>(sqlite3_column_int(statement, 7));
  if (sqlite3_column_type(statement, 8) != SQLITE_NULL) row.label_at = EventTime{sqlite3_column_int64(statement, 8)};
  return row;
}

}  // namespace

struct ScoreLog::Statements {
  sqlite3_stmt* add = nullptr;
  sqlite3_stmt* label = nullptr;
  sqlite3_stmt* progress = nullptr;
  sqlite3_stmt* read_progress = nullptr;
  sqlite3_stmt* find = nullptr;
  sqlite3_stmt* all = nullptr;
  ~Statements() {
    for (auto* statement : {add, label, progress, read_progress, find, all}) sqlite3_finalize(statement);
  }
};

ScoreLog::ScoreLog(sqlite3* database) : database_(database), statements_(std::make_unique<Statements>()) {}

ScoreLog::~ScoreLog() {
  statements_.reset();
  sqlite3_close(database_);
}

Result<std::unique_ptr<ScoreLog>> ScoreLog::Open(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  auto log = std::unique_ptr<ScoreLog>(new ScoreLog(database));
  if (opened != SQLITE_OK) return FromSqlite(database, "open " + file.string());
  sqlite3_busy_timeout(database, 5000);
  EDGEWISE_TRY(log->Prepare(true));
  return log;
}

Result<std::unique_ptr<ScoreLog>> ScoreLog::OpenForReading(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file))
    return Fail(Code::kNotFound, fmt::format("no score log at {}; name the site's state folder", file.string()));
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
  auto log = std::unique_ptr<ScoreLog>(new ScoreLog(database));
  if (opened != SQLITE_OK) return FromSqlite(database, "open " + file.string());
  sqlite3_busy_timeout(database, 5000);
  EDGEWISE_TRY(log->Prepare(false));
  return log;
}

bool ScoreLog::IsDamaged(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return false;
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(raw, &sqlite3_close);
  if (opened != SQLITE_OK) return false;  // it cannot be read now, which is another trouble
  bool whole = false;
  const auto take = [](void* into, int, char** values, char**) {
    *static_cast<bool*>(into) = std::string_view(values[0]) == "ok";
    return 0;
  };
  const int code = sqlite3_exec(raw, "PRAGMA quick_check(1)", take, &whole, nullptr);
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || (code == SQLITE_OK && !whole);
}

Result<std::filesystem::path> ScoreLog::SetAside(const std::filesystem::path& file) {
  std::error_code error;
  for (int number = 1;; ++number) {
    const auto end = fmt::format(".damaged-{}", number);
    if (std::filesystem::exists(file.string() + end, error)) continue;
    for (const auto* part : {"", "-wal", "-shm"}) {
      const auto path = file.string() + part;
      if (std::filesystem::exists(path, error)) std::filesystem::rename(path, file.string() + end + part, error);
      if (error) return Fail(Code::kUnavailable, fmt::format("score log: {}: {}", path, error.message()));
    }
    return file.string() + end;
  }
}

Result<void> ScoreLog::Prepare(bool writing) {
  sqlite3_stmt* version = nullptr;
  if (sqlite3_prepare_v2(database_, "PRAGMA user_version", -1, &version, nullptr) != SQLITE_OK)
    return FromSqlite(database_, "read version");
  const int found = sqlite3_step(version) == SQLITE_ROW ? sqlite3_column_int(version, 0) : -1;
  sqlite3_finalize(version);
  if (found < 0) return FromSqlite(database_, "read version");
  if (found > kVersion || (found == 0 && !writing))
    return Fail(Code::kFailedPrecondition,
                "score log: not a file of this version; it is left as it is. Upgrade edgewise, or move the file away");

  if (writing) {
    const auto setup = fmt::format("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {} PRAGMA user_version={};", kSchema, kVersion);
    if (sqlite3_exec(database_, setup.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return FromSqlite(database_, "set up");
  }
  const auto select = fmt::format("SELECT {} FROM scores ", kColumns);
  const auto insert = fmt::format("INSERT OR IGNORE INTO scores({}) VALUES(?,?,?,?,?,?,?,?,?)", kColumns);
  const std::pair<sqlite3_stmt**, std::string> all[] = {
      {&statements_->add, insert},
      {&statements_->label, "UPDATE scores SET label=?, label_at=? WHERE lineage=? AND label=0"},
      {&statements_->progress, "UPDATE progress SET through=?"},
      {&statements_->read_progress, "SELECT through FROM progress"},
      {&statements_->find, select + "WHERE lineage=?"},
      {&statements_->all, select + "ORDER BY number"}};
  for (const auto& [statement, sql] : all)
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, statement, nullptr) != SQLITE_OK) return FromSqlite(database_, "prepare");
  return {};
}

namespace {

Result<void> Run(sqlite3* database, sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_DONE && code != SQLITE_ROW) return FromSqlite(database, "write");
  return {};
}

struct Applier {
  sqlite3* database;
  sqlite3_stmt* add;
  sqlite3_stmt* label;

  Result<void> operator()(const RowAdded& change) const {
    const ScoredRow& row = change.row;
    BindBlob(add, 1, row.lineage.bytes());
    BindBlob(add, 2, BytesOf(row.model));
    BindBlob(add, 3, BytesOf(row.layout));
    sqlite3_bind_int64(add, 4, row.scored_at.ms);
    sqlite3_bind_double(add, 5, row.score);
    sqlite3_bind_text(add, 6, row.request.data(), static_cast<int>(row.request.size()), SQLITE_STATIC);
    BindBlob(add, 7, row.sample);
    sqlite3_bind_int(add, 8, static_cast<int>(row.label));
    if (row.label_at)
      sqlite3_bind_int64(add, 9, row.label_at->ms);
    else
      sqlite3_bind_null(add, 9);
    return Run(database, add);
  }
  Result<void> operator()(const RowLabelled& change) const {
    sqlite3_bind_int(label, 1, static_cast<int>(change.label));
    sqlite3_bind_int64(label, 2, change.at.ms);
    BindBlob(label, 3, change.lineage.bytes());
    return Run(database, label);
  }
};

}  // namespace

Result<void> ScoreLog::Apply(std::span<const ScoreChange> changes, std::uint64_t through) {
  EDGEWISE_ASSIGN(const auto applied, AppliedThrough());
  if (through <= applied) return {};
  if (sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return FromSqlite(database_, "begin");
  Result<void> result;
  for (const ScoreChange& change : changes) {
    result = std::visit(Applier{database_, statements_->add, statements_->label}, change);
    if (!result) break;
  }
  if (result) {
    sqlite3_bind_int64(statements_->progress, 1, static_cast<sqlite3_int64>(through));
    result = Run(database_, statements_->progress);
  }
  if (result && sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) result = FromSqlite(database_, "commit");
  if (!result) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return result;
}

Result<std::uint64_t> ScoreLog::AppliedThrough() {
  const int code = sqlite3_step(statements_->read_progress);
  const auto through = static_cast<std::uint64_t>(sqlite3_column_int64(statements_->read_progress, 0));
  sqlite3_reset(statements_->read_progress);
  if (code != SQLITE_ROW) return FromSqlite(database_, "read progress");
  return through;
}

Result<std::optional<ScoredRow>> ScoreLog::Find(const LineageId& lineage) {
  BindBlob(statements_->find, 1, lineage.bytes());
  const int code = sqlite3_step(statements_->find);
  std::optional<ScoredRow> row;
  if (code == SQLITE_ROW) row = RowFrom(statements_->find);
  sqlite3_reset(statements_->find);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return FromSqlite(database_, "find");
  return row;
}

Result<void> ScoreLog::ForEach(const std::function<Result<void>(const ScoredRow&)>& visit) {
  Result<void> result;
  int code = SQLITE_DONE;
  while (result && (code = sqlite3_step(statements_->all)) == SQLITE_ROW) result = visit(RowFrom(statements_->all));
  sqlite3_reset(statements_->all);
  if (result && code != SQLITE_DONE) return FromSqlite(database_, "read");
  return result;
}

}  // namespace edgewise::site
