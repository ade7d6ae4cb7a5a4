#include "train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edgewise::train {
namespace {

TEST(Auc, CountsPairsInTheRightOrderAndTiesHalf) {
  const std::vector<float> labels{0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.1, 0.2, 0.3, 0.4}, labels), 1);
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.4, 0.3, 0.2, 0.1}, labels), 0);
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.1, 0.3, 0.2, 0.4}, labels), 0.75);
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.1, 0.3, 0.3, 0.4}, labels), 0.875);
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.5, 0.5, 0.5, 0.5}, labels), 0.5);
}

TEST(Auc, IsAHalfWithoutBothLabels) {
  EXPECT_DOUBLE_EQ(Auc(std::vector<double>{0.1, 0.2}, std::vector<float>{1, 1}), 0.5);
  EXPECT_DOUBLE_EQ(Auc({}, {}), 0.5);
}

TEST(LogLoss, IsTheMeanNaturalLogarithmAndStaysFinite) {
  EXPECT_DOUBLE_EQ(LogLoss(std::vector<double>{0.8, 0.4}, std::vector<float>{1, 0}), -(std::log(0.8) + std::log(0.6)) / 2);
  EXPECT_LT(LogLoss(std::vector<double>{0, 1}, std::vector<float>{1, 0}), 17);
  EXPECT_EQ(LogLoss({}, {}), 0);
}

}  // namespace
}  // namespace edgewise::train
