#include "site/made_folder_fixture_test.h"

namespace edgewise::site::test {
namespace {

class FolderWatchTest : public FolderTest {
 protected:
  std::unique_ptr<FolderWatch> Open() { return FolderTest::Open(alive_, SystemFiles()); }
  Killer alive_;
};

TEST_F(FolderWatchTest, AFileIsReadWhenItHasNotChangedForTheSettleTime) {
  settle_ = std::chrono::seconds(2);
  const auto watch = Open();
  Write("a.jsonl", "{\"name\":\"A\"}\n");
  EXPECT_EQ(watch->Step(), false);
  now_ += std::chrono::seconds(1);
  Write("a.jsonl", "{\"name\":\"A\"}\n{\"name\":\"B\"}\n");
  EXPECT_EQ(watch->Step(), false);
  now_ += std::chrono::milliseconds(1999);
  EXPECT_EQ(watch->Step(), false);
  now_ += std::chrono::milliseconds(1);
  EXPECT_EQ(watch->Step(), true);
  EXPECT_EQ(site_.rows().size(), 2U);
}

TEST_F(FolderWatchTest, AFileThatWasReadIsNotReadAgainHoweverItIsTouched) {
  Write("a.jsonl", "{\"name\":\"A\"}\n");
  auto watch = Open();
  ASSERT_TRUE(Run(*watch, alive_));
  const auto asked = site_.asked();
  std::filesystem::last_write_time(base_ / "in" / "a.jsonl", std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  ASSERT_TRUE(Run(*watch, alive_));
  watch = Open();
  ASSERT_TRUE(Run(*watch, alive_));
  EXPECT_EQ(site_.asked(), asked);
  EXPECT_EQ(site_.rows().size(), 1U);
}

TEST_F(FolderWatchTest, OtherBytesUnderTheSameNameAreAnotherFileAndItsResultsStandBeside) {
  const auto watch = Open();
  Write("a.jsonl", "{\"name\":\"A\"}\n");
  ASSERT_TRUE(Run(*watch, alive_));
  Write("a.jsonl", "{\"name\":\"B\"}\n");
  ASSERT_TRUE(Run(*watch, alive_));
  EXPECT_EQ(site_.rows(), (std::vector<std::string>{"{\"name\":\"A\"}", "{\"name\":\"B\"}"}));
  EXPECT_NE(Done("a.jsonl.scored.jsonl").find("\"score\":1"), std::string::npos);
  EXPECT_NE(Done("a.jsonl.2.scored.jsonl").find("\"score\":2"), std::string::npos);
}

TEST_F(FolderWatchTest, ASiteThatCannotTakeRowsNowIsAskedAgainForThoseAlone) {
  Write("a.jsonl", "{\"name\":\"A\"}\n{\"name\":\"B\"}\n{\"name\":\"C\"}\n");
  const auto watch = Open();
  site_.FailNext(2, Code::kNotFound);  // the model is not live yet
  const auto step = watch->Step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, Code::kNotFound);
  EXPECT_EQ(Done("a.jsonl.scored.jsonl"), "none");
  ASSERT_TRUE(Run(*watch, alive_));
  EXPECT_EQ(site_.asked(), 5);
  EXPECT_EQ(site_.rows().size(), 3U);
  EXPECT_EQ(Done("a.jsonl.errors.jsonl"), "none");
}

TEST_F(FolderWatchTest, ALargeFileIsReportedAndHoldsUpNoOther) {
  Write("a.jsonl", std::string(5000, ' '));
  Write("b.jsonl", "{\"name\":\"B\"}\n");
  const auto watch = Open();
  ASSERT_TRUE(Run(*watch, alive_));
  EXPECT_NE(Done("a.jsonl.errors.jsonl").find("5000 bytes, 4096 at most"), std::string::npos) << Done("a.jsonl.errors.jsonl");
  EXPECT_EQ(site_.rows().size(), 1U);
}

TEST_F(FolderWatchTest, AFolderThatIsNotThereIsNamedAndReadWhenItIs) {
  std::filesystem::remove_all(base_ / "in");
  const auto watch = Open();
  const auto step = watch->Step();
  ASSERT_FALSE(step);
  EXPECT_NE(step.error().message.find((base_ / "in").string()), std::string::npos);
  SetUp();
  Write("a.jsonl", "{\"name\":\"A\"}\n");
  EXPECT_TRUE(Run(*watch, alive_));
  EXPECT_EQ(site_.rows().size(), 1U);
}

TEST_F(FolderWatchTest, ALedgerOfAnotherVersionIsLeftAsItIs) {
  std::filesystem::create_directories(base_ / "state");
  std::ofstream(base_ / "state" / "folder-drop.jsonl") << "edgewise.folder.v9\n{}\n";
  EXPECT_FALSE(Open());
  EXPECT_EQ(SystemFiles().Read(base_ / "state" / "folder-drop.jsonl").value(), "edgewise.folder.v9\n{}\n");
}

TEST_F(FolderWatchTest, RecordsGetThisFoldersNameASequenceThatGoesOnAndATime) {
  Write("a.csv", "name\nA\nB\n");
  Write("b.jsonl", "{\"name\":\"C\"}\n{\"name\":\"D\",\"producer\":\"p\",\"seq\":7,\"time\":\"2013-01-01T00:00:00Z\"}\n");
  Killer alive;
  const auto watch = FolderTest::Open(alive, SystemFiles(), InputTarget::Kind::kRecords);
  ASSERT_TRUE(Run(*watch, alive));
  EXPECT_EQ(site_.rows(), (std::vector<std::string>{"A", "B", "C", "D"})) << "the sequences of the second file are above the first one's";
  EXPECT_EQ(Done("b.jsonl.taken.jsonl"), "{\"rows\":2,\"new\":2,\"repeated\":0,\"skipped\":0,\"refused\":0}\n");
}

}  // namespace
}  // namespace edgewise::site::test
