#include "improve/gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace edgewise::improve {
namespace {

/// Rows over some days, scored by two models that miss the true probability by up to half of their error.
struct Scores {
  std::vector<double> challenger, champion;
  std::vector<float> labels;
  std::vector<std::int32_t> days;
  Comparison comparison() const { return {challenger, champion, labels, days}; }
};

Scores Made(int days, int rows_a_day, double champion_error, double challenger_error) {
  std::mt19937_64 random(3);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  Scores scores;
  for (int day = 0; day < days; ++day) {
    for (int row = 0; row < rows_a_day; ++row) {
      const double p = 0.2 + 0.6 * uniform();
      scores.labels.push_back(uniform() < p ? 1 : 0);
      scores.days.push_back(15'700 + day);
      scores.champion.push_back(p + champion_error * (uniform() - 0.5));
      scores.challenger.push_back(p + challenger_error * (uniform() - 0.5));
    }
  }
  return scores;
}

TEST(Gate, ABetterChallengerIsPromotedAndItsGainLiesInItsInterval) {
  const auto result = Compare(Made(28, 300, 0.3, 0.05).comparison(), {});
  EXPECT_TRUE(result.promote) << result.reason;
  EXPECT_GT(result.gain, 0);
  EXPECT_LT(result.low, result.gain);
  EXPECT_GT(result.high, result.gain);
  EXPECT_EQ(result.days, 28U);
  EXPECT_EQ(result.rows, 28U * 300);
}

TEST(Gate, AWorseChallengerIsRefusedWithItsFigures) {
  const auto result = Compare(Made(28, 300, 0.05, 0.3).comparison(), {});
  EXPECT_FALSE(result.promote);
  EXPECT_TRUE(result.reason.starts_with("refused: mean log-loss gain -0.0")) << result.reason;
}

TEST(Gate, TheSameScoresAreNotInferior) {
  auto scores = Made(28, 50, 0.1, 0.1);
  scores.challenger = scores.champion;
  const auto result = Compare(scores.comparison(), {});
  EXPECT_TRUE(result.promote);
  EXPECT_EQ(result.gain, 0);
  EXPECT_EQ(result.low, 0);
}

TEST(Gate, AGainThatOneDayMadeIsNotTrusted) {
  auto scores = Made(28, 100, 0.1, 0.1);
  for (std::size_t i = 0; i < scores.days.size(); ++i) {
    const bool lucky = scores.days[i] == 15'700;
    const double towards = scores.labels[i] > 0.5F ? 0.99 : 0.01;
    const double away = scores.labels[i] > 0.5F ? -0.01 : 0.01;
    scores.challenger[i] = lucky ? towards : scores.champion[i] + away;
  }
  const auto result = Compare(scores.comparison(), {});
  EXPECT_GE(result.gain, 0);
  EXPECT_FALSE(result.promote);
  EXPECT_NE(result.reason.find("the lower end must be at least -0.0030"), std::string::npos) << result.reason;
}

TEST(Gate, AWeekIsTheLeastThatItDecidesOn) {
  EXPECT_FALSE(Compare(Made(6, 1000, 0.3, 0.05).comparison(), {}).promote);
  EXPECT_TRUE(Compare(Made(7, 1000, 0.3, 0.05).comparison(), {}).promote);
  EXPECT_FALSE(Compare({}, {}).promote);
}

TEST(Gate, AScoreThatIsNoNumberIsARefusal) {
  auto scores = Made(28, 10, 0.3, 0.05);
  scores.challenger[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Compare(scores.comparison(), {}).reason, "refused: a score is not a number");
}

TEST(Gate, TheSameScoresAlwaysGiveTheSameInterval) {
  const auto scores = Made(28, 40, 0.2, 0.15);
  const auto first = Compare(scores.comparison(), {});
  const auto second = Compare(scores.comparison(), {});
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

}  // namespace
}  // namespace edgewise::improve
