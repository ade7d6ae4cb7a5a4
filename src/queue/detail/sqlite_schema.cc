#include "queue/detail/sqlite_schema.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "queue/detail/checksum.h"
#include "queue/detail/summed_database.h"

namespace edgewise::queue::detail {
namespace {

constexpr int kVersion = 4, kWithoutSums = 3;
constexpr int kApplication = 0x45645765;  // "EdWe"

constexpr const char* kTables = R"(
  CREATE TABLE events(lane INTEGER, sequence INTEGER, checksum INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
  CREATE TABLE aside(lane INTEGER, sequence INTEGER, damaged INTEGER NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
)";
constexpr const char* kCounters = R"(
  CREATE TABLE lanes(lane INTEGER PRIMARY KEY, appended INTEGER NOT NULL);
  INSERT INTO lanes VALUES(0, 0), (1, 0), (2, 0);
  CREATE TABLE owner(one INTEGER PRIMARY KEY CHECK(one = 1), site TEXT NOT NULL, origin INTEGER NOT NULL, epoch INTEGER NOT NULL);
)";
constexpr const char* kFromFormat1 = R"(
  ALTER TABLE events RENAME TO events_1;
  {}
  INSERT INTO events SELECT lane, sequence, edgewise_checksum(lane, sequence, body), body FROM events_1;
  INSERT INTO aside SELECT lane, sequence, reason = 'damaged record', body, reason FROM dead;
  DROP TABLE events_1;
  DROP TABLE dead;
  ALTER TABLE owner ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
)";

constexpr const char* kFromFormat2 = R"(
  ALTER TABLE lanes ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE lanes ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE lanes ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE lanes ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE lanes SET
    settled = appended - (SELECT count(*) FROM events WHERE events.lane = lanes.lane)
                       - (SELECT count(*) FROM aside WHERE aside.lane = lanes.lane),
    bytes = (SELECT coalesce(sum(length(CAST(body AS BLOB))), 0) FROM events WHERE events.lane = lanes.lane);
)";

void ChecksumInSql(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* body = reinterpret_cast<const char*>(sqlite3_value_text(values[2]));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[2]));
  sqlite3_result_int64(context, Checksum(static_cast<event::Lane>(sqlite3_value_int(values[0])),
                                         static_cast<std::uint64_t>(sqlite3_value_int64(values[1])), {body, size}));
}

Result<std::int64_t> Number(SqliteFile& file, std::string_view sql) {
  EDGEWISE_ASSIGN(auto statement, file.Prepare(sql));
  return statement.Number();
}

/// From format 0, which is an empty file, step by step.
Result<void> Upgrade(SqliteFile& file, std::int64_t version) {
  if (version == 1) {
    sqlite3_create_function(file.handle(), "edgewise_checksum", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, ChecksumInSql, nullptr,
                            nullptr);
  }
  if (version == 0) EDGEWISE_TRY(file.Execute(fmt::format("{}{}", kTables, kCounters)));
  if (version == 1) EDGEWISE_TRY(file.Execute(fmt::format(kFromFormat1, kTables)));
  return file.Execute(kFromFormat2);
}

}  // namespace

Result<void> PrepareFile(SqliteFile& file) {
  EDGEWISE_ASSIGN(const auto application, Number(file, "PRAGMA application_id"));
  EDGEWISE_ASSIGN(const auto version, Number(file, "PRAGMA user_version"));
  EDGEWISE_ASSIGN(const auto tables, Number(file, "SELECT count(*) FROM sqlite_schema"));
  EDGEWISE_ASSIGN(const auto owners, Number(file, "SELECT count(*) FROM sqlite_schema WHERE name IN ('owner', 'lanes', 'dead')"));
  const bool empty = tables == 0 && version == 0;
  const bool format1 = application == 0 && version == 1 && owners == 3;
  if (!empty && !format1 && application != kApplication) {
    return Fail(
        Code::kFailedPrecondition,
        fmt::format("queue: {} is somebody else's database, and is left as it is: move it away, or name another folder", file.path()));
  }
  if (version > kVersion) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("queue: {} has format {}, newer than this program's {}: upgrade edgewise", file.path(), version, kVersion));
  }
  if (empty) EDGEWISE_TRY(file.ReserveBytes(kReservedBytes));
  EDGEWISE_TRY(file.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2000"));
  if (version == kVersion || version == kWithoutSums) return {};
  return file.InTransaction([&]() -> Result<void> {
    EDGEWISE_TRY(Upgrade(file, version));
    return file.Execute(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplication, empty ? kVersion : kWithoutSums));
  });
}

Result<Owner> ReadOwner(SqliteFile& file) {
  EDGEWISE_ASSIGN(auto read, file.Prepare("SELECT site, epoch FROM owner"));
  EDGEWISE_ASSIGN(const bool found, read.Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("queue: {} belongs to no site yet", file.path()));
  return Owner{std::string(read.Text(0)), static_cast<std::uint64_t>(read.Integer(1))};
}

Result<void> Claim(SqliteFile& file, const Owner& owner) {
  const auto before = ReadOwner(file);
  if (!before && before.error().code != Code::kNotFound) return std::unexpected(before.error());
  if (before && before->site != owner.site) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("queue: {} belongs to another site than \"{}\"; check the state folder", file.path(), owner.site));
  }
  if (before && before->epoch > owner.epoch) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("queue: {} was used in epoch {}, and epoch {} would give its names again; start site {} with epoch = {}",
                            file.path(), before->epoch, owner.epoch, owner.site, before->epoch));
  }
  if (before && before->epoch == owner.epoch) return {};
  EDGEWISE_ASSIGN(auto claim,
                  file.Prepare(before ? "UPDATE owner SET epoch = ?2 WHERE site = ?1" : "INSERT INTO owner VALUES(1, ?1, 0, ?2)"));
  return claim.Bind(1, owner.site).Bind(2, static_cast<std::int64_t>(owner.epoch)).Run();
}

}  // namespace edgewise::queue::detail
