#include "site/score_log.h"

#include <gtest/gtest.h>

namespace edgewise::site {
namespace {

class ScoreLogTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static ScoreChange Added(const LineageId& lineage) {
    return RowAdded{{lineage, Digest::Of("m"), Digest::Of("l"), {1}, 0.5, "{}", "sample", LabelState::kPending, {}}};
  }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-scores-" + LineageId::Random().ToString());
  std::filesystem::path file_ = folder_ / "scores.db";
};

TEST_F(ScoreLogTest, ALabelStaysAsItWasFirstGiven) {
  const LineageId lineage = LineageId::Random();
  auto log = ScoreLog::Open(file_).value();
  ASSERT_TRUE(log->Apply(std::vector<ScoreChange>{Added(lineage), RowLabelled{lineage, LabelState::kPositive, {7}}}, 1));
  ASSERT_TRUE(log->Apply(std::vector<ScoreChange>{RowLabelled{lineage, LabelState::kNegative, {9}}}, 2));
  const auto row = log->Find(lineage).value().value();
  EXPECT_EQ(row.label, LabelState::kPositive);
  EXPECT_EQ(row.label_at, EventTime{7});
}

TEST_F(ScoreLogTest, ARepeatedApplyChangesNothingAlsoAfterReopening) {
  ASSERT_TRUE(ScoreLog::Open(file_).value()->Apply(std::vector<ScoreChange>{Added(LineageId::Random())}, 5));
  auto log = ScoreLog::Open(file_).value();
  ASSERT_TRUE(log->Apply(std::vector<ScoreChange>{Added(LineageId::Random())}, 5));
  int rows = 0;
  ASSERT_TRUE(log->ForEach([&](const ScoredRow&) { return ++rows, Result<void>(); }));
  EXPECT_EQ(rows, 1);
  EXPECT_EQ(log->AppliedThrough().value(), 5U);
}

TEST_F(ScoreLogTest, AMissingLogIsNotFound) { EXPECT_EQ(ScoreLog::OpenForReading(file_).error().code, Code::kNotFound); }

}  // namespace
}  // namespace edgewise::site
