#include <sys/stat.h>

#include "base/fake_files.h"
#include "base/files_conformance.h"
#include "base/lineage_id.h"

namespace edgewise::test {
namespace {

namespace fs = std::filesystem;

struct OnDisk {
  OnDisk() { EXPECT_TRUE(SystemFiles().MakeDirs(folder_)); }
  ~OnDisk() { fs::remove_all(folder_); }
  Files& files() { return SystemFiles(); }
  fs::path folder() const { return folder_; }

  fs::path folder_ = fs::temp_directory_path() / ("edgewise-files-" + LineageId::Random().ToString());
};
struct InMemory {
  InMemory() { EXPECT_TRUE(files_.MakeDirs(folder())); }
  Files& files() { return files_; }
  fs::path folder() const { return "/fake/folder"; }

  FakeFiles files_;
};
using Implementations = testing::Types<OnDisk, InMemory>;
INSTANTIATE_TYPED_TEST_SUITE_P(Base, FilesConformance, Implementations);

const Error kPlanted{Code::kUnavailable, "planted"};

class FakeFilesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.MakeDirs("/d")); }
  std::string Text(const fs::path& path) { return files_.Read(path).value_or("(nothing)"); }

  FakeFiles files_;
};

TEST_F(FakeFilesTest, APowerCutForgetsWhatWasNotSynced) {
  const auto file = files_.OpenAppend("/d/log").value();
  ASSERT_TRUE(file->Append("synced"));
  ASSERT_TRUE(file->Sync());
  ASSERT_TRUE(file->Append(", not synced"));
  files_.PowerCut();
  EXPECT_EQ(Text("/d/log"), "synced");
  EXPECT_EQ(file->Append("x").error().code, Code::kUnavailable) << "whoever had it open is gone";
  EXPECT_EQ(file->Sync().error().code, Code::kUnavailable);
}

TEST_F(FakeFilesTest, APowerCutCanLeaveATornTail) {
  ASSERT_TRUE(files_.OpenAppend("/d/log").value()->Append("abcdef"));
  files_.PowerCut(2);
  EXPECT_EQ(Text("/d/log"), "ab");
  files_.PowerCut(2);
  EXPECT_EQ(Text("/d/log"), "ab");
}

TEST_F(FakeFilesTest, WhatIsCreatedOrReplacedDurablySurvivesAPowerCut) {
  ASSERT_TRUE(files_.CreateDurably("/d/a", "one"));
  ASSERT_TRUE(files_.ReplaceDurably("/d/b", "one"));
  ASSERT_TRUE(files_.ReplaceDurably("/d/b", "two"));
  files_.PowerCut();
  EXPECT_EQ(Text("/d/a"), "one");
  EXPECT_EQ(Text("/d/b"), "two");
}

TEST_F(FakeFilesTest, ANameIsLostOrComesBackUntilItsDirectoryIsSynced) {
  ASSERT_TRUE(files_.CreateDurably("/d/old", "old"));
  ASSERT_TRUE(files_.Remove("/d/old"));
  files_.FailAfter(1, kPlanted);  // the name, then the directory
  ASSERT_FALSE(files_.OpenAppend("/d/new"));
  EXPECT_EQ(Text("/d/new"), "") << "half done: it is there";
  files_.PowerCut();
  EXPECT_EQ(files_.List("/d").value(), std::vector<std::string>{"old"});

  ASSERT_TRUE(files_.Remove("/d/old"));
  ASSERT_TRUE(files_.OpenAppend("/d/new"));
  files_.PowerCut();
  EXPECT_EQ(files_.List("/d").value(), std::vector<std::string>{"new"}) << "one sync is for all names of a directory";
}

TEST_F(FakeFilesTest, ATruncationThatIsNotSyncedIsUndoneByAPowerCut) {
  const auto file = files_.OpenAppend("/d/log").value();
  ASSERT_TRUE(file->Append("long"));
  ASSERT_TRUE(file->Sync());
  files_.FailAfter(1, kPlanted);
  ASSERT_FALSE(file->Truncate(1));
  EXPECT_EQ(Text("/d/log"), "l");
  files_.PowerCut();
  EXPECT_EQ(Text("/d/log"), "long");
}

TEST_F(FakeFilesTest, APlantedFailureHappensOnceAndChangesNothing) {
  files_.FailNext(kPlanted);
  EXPECT_EQ(files_.CreateDurably("/d/a", "one").error().message, "planted");
  EXPECT_EQ(files_.List("/d").value(), std::vector<std::string>{});
  EXPECT_TRUE(files_.CreateDurably("/d/a", "one"));
}

TEST_F(FakeFilesTest, AFailureCanLastAndLeaveHalfOrAllOfWhatWasWritten) {
  using Effect = FakeFiles::Effect;
  const auto file = files_.OpenRandom("/d/a", Files::Opening::kMayCreate).value();
  files_.FailAfter(1, kPlanted, Effect::kHalf);
  EXPECT_TRUE(file->WriteAt(0, "abcd"));
  EXPECT_FALSE(file->WriteAt(4, "efgh"));
  EXPECT_EQ(Text("/d/a"), "abcdef");
  files_.FailAfter(0, kPlanted, Effect::kAll, FakeFiles::Lasts::kUntilMended);
  EXPECT_FALSE(file->WriteAt(6, "gh"));
  EXPECT_FALSE(file->Sync());
  files_.Mend();
  files_.PowerCut();
  EXPECT_EQ(Text("/d/a"), "abcdefgh");
}

TEST_F(FakeFilesTest, WhatAFailedSyncLeftNeverReachesTheDisk) {
  const auto file = files_.OpenAppend("/d/log").value();
  ASSERT_TRUE(file->Append("lost "));
  files_.FailNext(kPlanted);
  EXPECT_FALSE(file->Sync());
  ASSERT_TRUE(file->Append("kept"));
  EXPECT_TRUE(file->Sync());
  EXPECT_EQ(Text("/d/log"), "lost kept");
  files_.PowerCut();
  EXPECT_EQ(Text("/d/log"), std::string(5, '\0') + "kept");
}

TEST_F(FakeFilesTest, APowerCutCanKeepAnyPartOfWhatWasNotSynced) {
  std::set<std::string> left;
  for (unsigned seed = 0; seed < 200; ++seed) {
    FakeFiles files;
    ASSERT_TRUE(files.MakeDirs("/d"));
    const auto file = files.OpenRandom("/d/a", Files::Opening::kMayCreate).value();
    ASSERT_TRUE(file->WriteAt(0, std::string(1024, 'o')));
    ASSERT_TRUE(file->Sync());
    ASSERT_TRUE(file->WriteAt(0, std::string(1024, 'n')));
    std::mt19937_64 random(seed);
    files.PowerCut(random);
    const auto text = files.Read("/d/a").value();
    ASSERT_EQ(text.size(), 1024U);
    left.insert({text[0], text[511], text[512], text[1023]});
  }
  EXPECT_EQ(left, (std::set<std::string>{"oooo", "oonn", "nnoo", "nnnn"})) << "sectors are whole";
}

TEST_F(FakeFilesTest, AFullDiskTakesWhatFitsAndSaysSo) {
  const auto file = files_.OpenAppend("/d/log").value();
  files_.LimitSpace(10);
  ASSERT_TRUE(file->Append("12345678"));
  EXPECT_EQ(file->Append("9abc").error().code, Code::kResourceExhausted);
  EXPECT_EQ(Text("/d/log"), "123456789a");
  EXPECT_EQ(files_.CreateDurably("/d/a", "x").error().code, Code::kResourceExhausted);
  EXPECT_EQ(files_.ReplaceDurably("/d/a", "x").error().code, Code::kResourceExhausted);
  EXPECT_EQ(files_.List("/d").value(), std::vector<std::string>{"log"});
  ASSERT_TRUE(file->Truncate(0));
  EXPECT_TRUE(file->Append("9abc"));
}

TEST(SystemFilesTest, APipeIsRefusedAndNotWaitedFor) {
  const OnDisk disk;
  const auto path = disk.folder() / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto read = SystemFiles().Read(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kFailedPrecondition);
}

}  // namespace
}  // namespace edgewise::test
