#include "hub/detail/schema.h"

#include <fmt/format.h>

namespace edgewise::hub::detail {
namespace {

constexpr int kVersion = 3;
// Sites and models are numbers in the big tables; a digest or a site's name is stored once, in `names`.
constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS objects(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, site TEXT NOT NULL, lane INTEGER NOT NULL,
    epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, events INTEGER NOT NULL, denied INTEGER NOT NULL,
    leak_bits INTEGER NOT NULL, policy TEXT NOT NULL, output TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS aside(id INTEGER PRIMARY KEY, object TEXT NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL,
    UNIQUE(object, event));
  CREATE TABLE IF NOT EXISTS events(id INTEGER PRIMARY KEY, site INTEGER NOT NULL, lane INTEGER NOT NULL, sequence INTEGER NOT NULL,
    epoch INTEGER NOT NULL, object INTEGER NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, time INTEGER NOT NULL,
    lineage BLOB NOT NULL, data TEXT NOT NULL, UNIQUE(site, epoch, lane, sequence));
  CREATE INDEX IF NOT EXISTS events_by_type ON events(type, time);
  CREATE INDEX IF NOT EXISTS events_by_type_and_site ON events(type, site, time);
  CREATE INDEX IF NOT EXISTS events_by_lineage ON events(lineage);
  CREATE TABLE IF NOT EXISTS insights(site INTEGER, hour INTEGER, sequence INTEGER, epoch INTEGER NOT NULL, lineage BLOB NOT NULL,
    scored INTEGER NOT NULL, mean_score REAL NOT NULL, high_risk INTEGER NOT NULL, labelled INTEGER NOT NULL, late INTEGER NOT NULL,
    model INTEGER NOT NULL, PRIMARY KEY(site, hour, epoch, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rows(lineage BLOB, site INTEGER, epoch INTEGER, sequence INTEGER,
    PRIMARY KEY(lineage, site, epoch, sequence)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rows_by_insight ON rows(site, epoch, sequence);
  CREATE TABLE IF NOT EXISTS samples(site INTEGER, sequence INTEGER, epoch INTEGER NOT NULL, object INTEGER NOT NULL, time INTEGER NOT NULL,
    lineage BLOB NOT NULL, model INTEGER NOT NULL, score REAL NOT NULL, label INTEGER NOT NULL, day TEXT NOT NULL,
    PRIMARY KEY(site, epoch, sequence)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS samples_by_lineage ON samples(lineage);
  CREATE TABLE IF NOT EXISTS totals(one INTEGER PRIMARY KEY CHECK(one = 1), objects INTEGER, indexed INTEGER, doubled INTEGER,
    latest INTEGER);
  INSERT OR IGNORE INTO totals VALUES(1, 0, 0, 0, 0);
  CREATE TABLE IF NOT EXISTS lanes(site TEXT, lane INTEGER, epoch INTEGER, objects INTEGER, events INTEGER, denied INTEGER, last INTEGER,
    leak_bits INTEGER, policy TEXT, PRIMARY KEY(site, lane, epoch)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS models(model TEXT PRIMARY KEY, rows INTEGER, late INTEGER, logloss REAL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS documents(kind TEXT, key TEXT, json TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
)";

// Format 1 named events by site, lane and sequence alone: a disk that began again at 1, in a new epoch, looked like repetitions.
constexpr const char* kSetAsideFormat1 = R"(
  DROP INDEX events_by_type; DROP INDEX events_by_type_and_site; DROP INDEX events_by_lineage;
  DROP INDEX rows_by_insight; DROP INDEX samples_by_lineage;
  ALTER TABLE events RENAME TO events_1; ALTER TABLE insights RENAME TO insights_1;
  ALTER TABLE rows RENAME TO rows_1; ALTER TABLE samples RENAME TO samples_1;
)";
constexpr const char* kTakeFormat1 = R"(
  INSERT INTO events SELECT * FROM events_1;
  INSERT INTO insights SELECT * FROM insights_1;
  INSERT INTO samples SELECT * FROM samples_1;
  INSERT INTO rows SELECT r.lineage, r.site, e.epoch, r.sequence FROM rows_1 r
    JOIN events_1 e ON e.site = r.site AND e.lane = 1 AND e.sequence = r.sequence;
  DROP TABLE rows_1; DROP TABLE samples_1; DROP TABLE insights_1; DROP TABLE events_1;
)";

// Formats 1 and 2 added up a lane's epochs, each of which counts from 1. The objects still know.
constexpr const char* kDropLanes = "DROP TABLE IF EXISTS lanes;";
constexpr const char* kCountLanes = R"(
  INSERT INTO lanes SELECT site, lane, epoch, count(*), sum(events), sum(denied), max(last), max(leak_bits),
    (SELECT policy FROM objects n WHERE n.site = o.site AND n.lane = o.lane AND n.epoch = o.epoch ORDER BY n.last DESC, n.id DESC LIMIT 1)
    FROM objects o GROUP BY site, lane, epoch;
)";

}  // namespace

Result<void> Initialise(SqliteDatabase& database) {
  std::int64_t found = 0;
  {
    auto version = database("PRAGMA user_version");
    EDGEWISE_TRY(version.Next());
    found = version.number(0);
  }
  if (found > kVersion) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("index: format {} is newer than this program's {}; upgrade edgewise", found, kVersion));
  }
  const bool first = found == 1;
  const bool old = first || found == 2;
  return database.Execute(fmt::format("BEGIN IMMEDIATE; {} {} {} {} {} PRAGMA user_version={}; COMMIT;", first ? kSetAsideFormat1 : "",
                                      old ? kDropLanes : "", kSchema, first ? kTakeFormat1 : "", old ? kCountLanes : "", kVersion));
}

}  // namespace edgewise::hub::detail
