#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/files.h"
#include "base/lineage_id.h"

namespace edgewise {
namespace {

class SystemFilesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.MakeDirs(folder_)); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Files& files_ = SystemFiles();
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-files-" + LineageId::Random().ToString());
};

TEST_F(SystemFilesTest, CreateNeverOverwrites) {
  ASSERT_TRUE(files_.CreateDurably(folder_ / "a", "one"));
  EXPECT_EQ(files_.CreateDurably(folder_ / "a", "two").error().code, Code::kAlreadyExists);
  EXPECT_EQ(files_.Read(folder_ / "a").value(), "one");
  EXPECT_EQ(files_.List(folder_).value(), std::vector<std::string>{"a"}) << "no temporary file is left";
}

TEST_F(SystemFilesTest, ReplaceGivesTheNewBytes) {
  ASSERT_TRUE(files_.ReplaceDurably(folder_ / "a", "one"));
  ASSERT_TRUE(files_.ReplaceDurably(folder_ / "a", "two"));
  EXPECT_EQ(files_.Read(folder_ / "a").value(), "two");
}

TEST_F(SystemFilesTest, AppendedBytesAreThereAndCanBeCut) {
  auto file = files_.OpenAppend(folder_ / "log").value();
  ASSERT_TRUE(file->Append("hello"));
  ASSERT_TRUE(file->Sync());
  ASSERT_TRUE(file->Truncate(2));
  EXPECT_EQ(files_.Read(folder_ / "log").value(), "he");
}

TEST_F(SystemFilesTest, AFileOrAnEmptyDirectoryIsRemovedAndAFullOneIsNot) {
  ASSERT_TRUE(files_.MakeDirs(folder_ / "sub"));
  ASSERT_TRUE(files_.ReplaceDurably(folder_ / "sub" / "a", "one"));
  EXPECT_FALSE(files_.Remove(folder_ / "sub"));
  EXPECT_TRUE(files_.Remove(folder_ / "sub" / "a"));
  EXPECT_TRUE(files_.Remove(folder_ / "sub"));
  EXPECT_TRUE(files_.Remove(folder_ / "sub"));
  EXPECT_TRUE(files_.List(folder_).value().empty());
}

TEST_F(SystemFilesTest, MissingIsNotFound) { EXPECT_EQ(files_.Read(folder_ / "none").error().code, Code::kNotFound); }

}  // namespace
}  // namespace edgewise
