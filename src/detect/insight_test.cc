#include "detect/insight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace edgewise::detect {
namespace {

ScoredRow Row(double score, std::string flight = "1545") {
  return {LineageId::Random(), score, "sha256:aa", std::move(flight), "N14228", "IAH", "note"};
}

TEST(HourlyInsight, SumsUpItsHourAndBeginsTheNext) {
  HourlyInsight insight;
  EXPECT_FALSE(insight.Finish({0}));
  insight.Scored(Row(0.2));
  insight.Scored(Row(0.7, "22"));
  insight.Scored(Row(0.6));
  insight.Labelled(true);
  insight.Labelled(false);
  const auto data = insight.Finish({3'600'000});
  ASSERT_TRUE(data);
  EXPECT_EQ(data->scored, 3u);
  EXPECT_DOUBLE_EQ(data->mean_score, 0.5);
  EXPECT_EQ(data->high_risk, 2u);
  EXPECT_EQ(data->labelled, 2u);
  EXPECT_EQ(data->late, 1u);
  EXPECT_EQ(data->worst->flight, "22");
  EXPECT_EQ(data->rows.size(), 3u);
  EXPECT_EQ(data->rows.front(), data->worst->lineage);
  EXPECT_FALSE(insight.Finish({7'200'000}));
  insight.Labelled(true);
  EXPECT_FALSE(insight.Finish({7'200'000})->worst);
}

/// Property: its rows are the eight highest scores, whatever the order; also when it is saved and loaded on the way.
TEST(HourlyInsight, KeepsTheEightHighestScores) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    HourlyInsight insight;
    std::vector<ScoredRow> rows;
    const auto count = random() % 40;
    for (std::uint64_t i = 0; i < count; ++i) {
      rows.push_back(Row(static_cast<double>(random() % 20) / 20));
      insight.Scored(rows.back());
      const auto saved = insight.Save();
      insight = *HourlyInsight::Load(saved);
      EXPECT_EQ(insight.Save(), saved);
    }
    std::ranges::stable_sort(rows, std::ranges::greater(), &ScoredRow::score);
    const auto data = insight.Finish({0});
    ASSERT_EQ(data.has_value(), count > 0);
    if (!data) continue;
    ASSERT_EQ(data->rows.size(), std::min<std::size_t>(8, rows.size()));
    for (std::size_t i = 0; i < data->rows.size(); ++i) EXPECT_EQ(data->rows[i], rows[i].lineage);
  }
}

TEST(HourlyInsight, DamagedBytesAreRefused) {
  HourlyInsight insight;
  insight.Scored(Row(0.5));
  const auto saved = insight.Save();
  for (std::size_t size = 0; size < saved.size(); ++size) EXPECT_FALSE(HourlyInsight::Load(saved.substr(0, size)));
  EXPECT_FALSE(HourlyInsight::Load(saved + "x"));
}

}  // namespace
}  // namespace edgewise::detect
