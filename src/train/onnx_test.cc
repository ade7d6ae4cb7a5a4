#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/digest.h"
#include "train/onnx_reader.h"
#include "train/onnx_writer.h"

namespace edgewise::train {
namespace {

/// Column 1 below 2.5 or missing: -1; else column 0 below 0: 0.5, missing or more: 2. A second tree of one leaf.
Forest Small() {
  Forest forest{.columns = 2, .base_margin = 0.25F, .trees = {}};
  forest.trees.push_back({{.left = 1, .right = 2, .feature = 1, .value = 2.5F, .missing_left = true},
                          {.value = -1},
                          {.left = 3, .right = 4, .feature = 0, .value = 0, .missing_left = false},
                          {.value = 0.5F},
                          {.value = 2}});
  forest.trees.push_back({{.value = -0.125F}});
  return forest;
}

double Margin(double p) { return std::log(p / (1 - p)); }

TEST(Forest, SendsEachValueDownTheSideThatTheNodeNames) {
  const auto forest = Small();
  ASSERT_TRUE(Check(forest));
  constexpr float missing = std::numeric_limits<float>::quiet_NaN();
  const auto margin = [&](float a, float b) { return Margin(Probability(forest, std::vector<float>{a, b})); };
  EXPECT_NEAR(margin(0, 1), -1 + 0.125, 1e-6);
  EXPECT_NEAR(margin(0, missing), -1 + 0.125, 1e-6);
  EXPECT_NEAR(margin(-1, 2.5F), 0.5 + 0.125, 1e-6);
  EXPECT_NEAR(margin(0, 3), 2 + 0.125, 1e-6);
  EXPECT_NEAR(margin(missing, 3), 2 + 0.125, 1e-6);
}

TEST(Forest, ATreeThatPointsOutsideItselfIsRefused) {
  for (const auto& node : {Node{.left = 9, .right = 2}, Node{.left = 0, .right = 2}, Node{.left = 1, .right = 2, .feature = 2}}) {
    auto forest = Small();
    forest.trees[0][0] = node;
    EXPECT_FALSE(Check(forest));
  }
}

TEST(Onnx, TreesComeBackFromTheirBytes) {
  const auto back = ReadOnnx(WriteOnnx(Small()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, Small());
}

TEST(Onnx, TheSameTreesAlwaysHaveTheSameBytes) {
  EXPECT_EQ(WriteOnnx(Small()), WriteOnnx(Small()));
  // Whoever changes the bytes changes the digest of every model: say so in docs/formats/model.md and the changelog.
  EXPECT_EQ(Digest::Of(WriteOnnx(Small())).Short(), "16364e6d45b3");
}

TEST(Onnx, CutAndFlippedBytesAreRefusedOrReadAsTrees) {
  const auto bytes = WriteOnnx(Small());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (const auto read = ReadOnnx(std::string_view(bytes).substr(0, size))) {
      EXPECT_TRUE(Check(*read));
    }
  }
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    auto flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    if (const auto read = ReadOnnx(flipped)) {
      EXPECT_TRUE(Check(*read));
    }
  }
  EXPECT_FALSE(ReadOnnx(""));
}

}  // namespace
}  // namespace edgewise::train
