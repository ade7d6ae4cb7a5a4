#include "train/profile.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace edgewise::train {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

TEST(Profile, OfNumbersHasTenthsAndTheShareOfMissing) {
  Dataset data{.columns = 1, .x = {}, .y = {}};
  for (int i = 0; i < 100; ++i) data.x.push_back(i < 20 ? kMissing : static_cast<float>(i));
  data.y.resize(100);
  const auto profile = MakeProfile(data, std::vector<Column>{{.name = "wind", .seasonal = true}});
  ASSERT_EQ(profile.size(), 1U);
  EXPECT_EQ(profile[0].name, "wind");
  EXPECT_TRUE(profile[0].seasonal);
  EXPECT_EQ(profile[0].edges.size(), 9U);
  ASSERT_EQ(profile[0].shares.size(), 11U);
  EXPECT_DOUBLE_EQ(profile[0].shares.back(), 0.2);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(profile[0].shares[i], 0.08, 0.011) << i;
  EXPECT_DOUBLE_EQ(std::accumulate(profile[0].shares.begin(), profile[0].shares.end(), 0.0), 1);
}

TEST(Profile, OfAColumnThatHardlyVariesHasFewEdges) {
  const Dataset data{.columns = 2, .x = {0, kMissing, 0, kMissing, 0, kMissing, 3, kMissing}, .y = {0, 0, 1, 1}};
  const auto profile = MakeProfile(data, std::vector<Column>{{.name = "cancelled"}, {.name = "nothing"}});
  EXPECT_EQ(profile[0].edges, (std::vector<float>{0}));
  EXPECT_EQ(profile[0].shares, (std::vector<double>{0.75, 0.25, 0}));
  EXPECT_TRUE(profile[1].edges.empty());
  EXPECT_EQ(profile[1].shares, (std::vector<double>{0, 1}));
}

TEST(Profile, OfACategoryHasABinForEachWordAndOneForOthers) {
  const Dataset data{.columns = 1, .x = {0, 0, 1, 2, 2, kMissing, 0, 1}, .y = std::vector<float>(8)};
  const auto profile = MakeProfile(data, std::vector<Column>{{.name = "carrier", .category = true, .vocabulary = 2}});
  EXPECT_EQ(profile[0].edges, (std::vector<float>{0.5, 1.5}));
  EXPECT_EQ(profile[0].shares, (std::vector<double>{3 / 8.0, 2 / 8.0, 2 / 8.0, 1 / 8.0}));
  EXPECT_EQ(BinOf(profile[0], 2), 2U);
  EXPECT_EQ(BinOf(profile[0], kMissing), 3U);
}

}  // namespace
}  // namespace edgewise::train
