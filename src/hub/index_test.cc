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

TEST(SqliteIndex, AFileThatIsNoDatabaseIsSaidSo) {
  const Folder folder;
  ASSERT_TRUE(SystemFiles().CreateDurably(folder.File(), std::string(4096, 'x')));
  const auto index = SqliteIndex::Open(folder.File());
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace edgewise::hub
