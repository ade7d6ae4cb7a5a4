#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "hub/fake_index.h"
#include "hub/index_conformance.h"
#include "hub/sqlite_index.h"

namespace edgewise::hub {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("edgewise-hub-" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  fs::path File() const { return path / "hub.sqlite"; }
};

struct InSqlite {
  Folder folder;
  std::unique_ptr<SqliteIndex> owned = *SqliteIndex::Open(folder.File());
  Index& index = *owned;
};
struct Fake {
  FakeIndex owned;
  Index& index = owned;
};
using Implementations = testing::Types<InSqlite, Fake>;
INSTANTIATE_TYPED_TEST_SUITE_P(Each, IndexConformance, Implementations);

TEST(FakeIndex, FailsOnceAndOnlyOnce) {
  FakeIndex index;
  index.FailNext({Code::kUnavailable, "gone"});
  EXPECT_FALSE(index.Count());
  EXPECT_TRUE(index.Count());
}

TEST(SqliteIndex, KeepsEverythingOverARestart) {
  const Folder folder;
  {
    const auto index = *SqliteIndex::Open(folder.File());
    ASSERT_TRUE(index->AddBatch(Samples(1, "ab")));
    ASSERT_TRUE(index->PutDocument("model", "1", "{}"));
  }
  const auto index = *SqliteIndex::Open(folder.File());
  EXPECT_TRUE(index->AddBatch(Samples(1, "ab"))->repeated);
  EXPECT_EQ(index->Count()->indexed, 2u);
  EXPECT_EQ(index->Documents("model")->size(), 1u);
}

/// The tables of format 1 that have changed since, as it made them.
constexpr const char* kFormat1 = R"(
  CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE objects(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, site TEXT NOT NULL, lane INTEGER NOT NULL,
    epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, events INTEGER NOT NULL, denied INTEGER NOT NULL,
    leak_bits INTEGER NOT NULL, policy TEXT NOT NULL, output TEXT NOT NULL);
  CREATE TABLE events(id INTEGER PRIMARY KEY, site INTEGER NOT NULL, lane INTEGER NOT NULL, sequence INTEGER NOT NULL,
    epoch INTEGER NOT NULL, object INTEGER NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, time INTEGER NOT NULL,
    lineage BLOB NOT NULL, data TEXT NOT NULL, UNIQUE(site, lane, sequence));
  CREATE INDEX events_by_type ON events(type, time);
  CREATE INDEX events_by_type_and_site ON events(type, site, time);
  CREATE INDEX events_by_lineage ON events(lineage);
  CREATE TABLE insights(site INTEGER, hour INTEGER, sequence INTEGER, epoch INTEGER NOT NULL, lineage BLOB NOT NULL,
    scored INTEGER NOT NULL, mean_score REAL NOT NULL, high_risk INTEGER NOT NULL, labelled INTEGER NOT NULL, late INTEGER NOT NULL,
    model INTEGER NOT NULL, PRIMARY KEY(site, hour, sequence)) WITHOUT ROWID;
  CREATE TABLE rows(lineage BLOB, site INTEGER, sequence INTEGER, PRIMARY KEY(lineage, site, sequence)) WITHOUT ROWID;
  CREATE INDEX rows_by_insight ON rows(site, sequence);
  CREATE TABLE samples(site INTEGER, sequence INTEGER, epoch INTEGER NOT NULL, object INTEGER NOT NULL, time INTEGER NOT NULL,
    lineage BLOB NOT NULL, model INTEGER NOT NULL, score REAL NOT NULL, label INTEGER NOT NULL, day TEXT NOT NULL,
    PRIMARY KEY(site, sequence)) WITHOUT ROWID;
  CREATE INDEX samples_by_lineage ON samples(lineage);
  INSERT INTO names VALUES(1, 'EWR'), (2, 'sha256:model');
  INSERT INTO objects VALUES(1, 'sites/EWR/sample/e000001/1.jsonl.zst', 'EWR', 2, 1, 1, 1, 1, 0, 0, '', '');
  INSERT INTO events VALUES(1, 1, 1, 5, 1, 1, 'io.edgewise.insight.v1', '', 36000000, x'69696969696969696969696969696969', '{}');
  INSERT INTO insights VALUES(1, 36000000, 5, 1, x'69696969696969696969696969696969', 7, 0.5, 0, 0, 0, 2);
  INSERT INTO rows VALUES(x'61616161616161616161616161616161', 1, 5);
  INSERT INTO samples VALUES(1, 1, 1, 1, 1000, x'61616161616161616161616161616161', 2, 0.25, 1, '2013-02-01');
  PRAGMA user_version=1;
)";

TEST(SqliteIndex, TakesOverAFileOfTheFirstFormat) {
  const Folder folder;
  {
    auto old = *detail::SqliteDatabase::Open(folder.File());
    const auto made = old.Execute(kFormat1);
    ASSERT_TRUE(made) << made.error().message;
  }
  for (int opened = 0; opened < 2; ++opened) {
    const auto index = SqliteIndex::Open(folder.File());
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ((*index)->SamplesByLineage(Lineage('a'))->size(), 1u);
    EXPECT_EQ((*index)->EventsNaming(Lineage('a'))->front().event.id.sequence, 5u);
    EXPECT_EQ(*(*index)->RowsOf({"EWR", 1, event::Lane::kInsight, 5}), std::vector{Lineage('a')});
    EXPECT_EQ((*index)->Lanes()->front().events, 1u);
  }
  const auto index = *SqliteIndex::Open(folder.File());
  EXPECT_EQ(index->AddBatch(InEpoch(Samples(1, "b"), 2))->doubled, 0u);
  auto same = Samples(1, "c");
  same.batch.object += ".again";
  EXPECT_EQ(index->AddBatch(same)->doubled, 1u);
}

TEST(SqliteIndex, TakesOverAFileOfTheFormatBefore) {
  const Folder folder;
  auto gap = InEpoch(Samples(4, "yz"), 2);
  gap.batch.policy = Digest::Of("second policy");
  {
    const auto index = *SqliteIndex::Open(folder.File());
    ASSERT_TRUE(index->AddBatch(Samples(1, "abcd")));
    ASSERT_TRUE(index->AddBatch(gap));
    auto old = *detail::SqliteDatabase::Open(folder.File());
    const auto made = old.Execute(R"(DROP TABLE lanes;
      CREATE TABLE lanes(site TEXT, lane INTEGER, objects INTEGER, events INTEGER, denied INTEGER, last INTEGER,
        leak_bits INTEGER, policy TEXT, PRIMARY KEY(site, lane)) WITHOUT ROWID;
      INSERT INTO lanes VALUES('EWR', 2, 2, 6, 0, 5, 0, ''); PRAGMA user_version=2;)");
    ASSERT_TRUE(made) << made.error().message;
  }
  for (int opened = 0; opened < 2; ++opened) {
    const auto index = SqliteIndex::Open(folder.File());
    ASSERT_TRUE(index) << index.error().message;
    const auto lanes = *(*index)->Lanes();
    ASSERT_EQ(lanes.size(), 1u);
    EXPECT_EQ(lanes[0].objects, 2u);
    EXPECT_EQ(lanes[0].events, 6u);
    EXPECT_EQ(lanes[0].missing, 3u) << "of epoch 2: sequences 1 to 3";
    EXPECT_EQ(lanes[0].policy, Digest::Of("second policy"));
  }
}

TEST(SqliteIndex, AFileThatIsNoDatabaseIsSaidSo) {
  const Folder folder;
  ASSERT_TRUE(SystemFiles().CreateDurably(folder.File(), std::string(4096, 'x')));
  const auto index = SqliteIndex::Open(folder.File());
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace edgewise::hub
