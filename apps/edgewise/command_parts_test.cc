#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "base/lineage_id.h"
#include "output_file.h"
#include "state_lock.h"
#include "wrap.h"

namespace edgewise {
namespace {

class Folder : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-" + LineageId::Random().ToString());
};
using OutputFiles = Folder;
using StateLocks = Folder;

TEST_F(OutputFiles, AppearWholeOrNotAtAll) {
  {
    OutputFile given_up(folder_ / "one");
    ASSERT_TRUE(given_up.Write("half"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "one"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  OutputFile whole(folder_ / "two");
  ASSERT_TRUE(whole.Write("all"));
  ASSERT_TRUE(whole.Finish());
  EXPECT_EQ(SystemFiles().Read(folder_ / "two"), "all");
}

TEST_F(OutputFiles, AnEarlierOneStaysUntilTheNewOneIsWhole) {
  std::ofstream(folder_ / "one") << "old";
  OutputFile file(folder_ / "one");
  ASSERT_TRUE(file.Write("new"));
  EXPECT_EQ(SystemFiles().Read(folder_ / "one"), "old");
  ASSERT_TRUE(file.Finish());
  EXPECT_EQ(SystemFiles().Read(folder_ / "one"), "new");
}

TEST_F(OutputFiles, AMissingFolderIsSaid) {
  OutputFile file(folder_ / "nowhere" / "one");
  EXPECT_EQ(file.Write("x").error().code, Code::kFailedPrecondition);
  EXPECT_EQ(file.Finish().error().code, Code::kFailedPrecondition);
}

TEST_F(StateLocks, HoldAFolderUntilTheyGo) {
  const auto state = folder_ / "state";
  EXPECT_TRUE(StateLock::Check(state));
  EXPECT_FALSE(std::filesystem::exists(state)) << "looking leaves no trace";
  {
    auto lock = StateLock::Take(state);
    ASSERT_TRUE(lock) << lock.error().message;
    const auto moved = std::move(*lock);
    EXPECT_EQ(StateLock::Take(state).error().code, Code::kFailedPrecondition);
    EXPECT_EQ(StateLock::Check(state).error().code, Code::kFailedPrecondition);
  }
  EXPECT_TRUE(StateLock::Check(state));
  EXPECT_TRUE(StateLock::Take(state));
}

TEST(Wraps, BreakAtSpacesBeforeEightyColumns) {
  EXPECT_EQ(Wrap("short", 2, 4), "  short\n");
  EXPECT_EQ(Wrap("", 0, 4), "\n");
  const std::string words(78, 'a');
  EXPECT_EQ(Wrap(words + " b c", 0, 4), words + " b\n    c\n");
  EXPECT_EQ(Wrap(std::string(90, 'a') + " b", 0, 2), std::string(90, 'a') + "\n  b\n") << "a long word stands alone";
  EXPECT_EQ(Wrap("name    " + std::string(75, 'x') + " y", 0, 8), "name\n        " + std::string(75, 'x') + "\n        y\n");
}

}  // namespace
}  // namespace edgewise
