#include "score/made_model_test.h"
#include "score/model_engine_conformance.h"
#include "score/runner_conformance.h"
#include "score/tree_model_case_test.h"

namespace edgewise::score::test {
namespace {

template <bool kClassifier>
struct TreeRig {
  const ModelEngine& engine() {
    EXPECT_TRUE(both.walked);
    return *both.ours;
  }
  Both both = OpenBoth(TreesOnnx({.classifier = kClassifier}));
};

using Rigs = testing::Types<TreeRig<true>, TreeRig<false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Trees, ModelEngineConformance, Rigs);
INSTANTIATE_TYPED_TEST_SUITE_P(Trees, RunnerConformance, Rigs);

TEST(TreeModel, IsOnnxRuntimeBitForBit) {
  std::vector<MadeTrees> all{{.classifier = true, .mode = "BRANCH_LT", .seed = 2},
                             {.classifier = true, .seed = 3},
                             {.classifier = false, .mode = "BRANCH_LT", .seed = 4},
                             {.classifier = false, .seed = 5},
                             {.classifier = true, .trees = 1, .seed = 6},
                             {.classifier = false, .trees = 101, .seed = 7},
                             {.classifier = true, .depth = 0, .seed = 8},
                             {.classifier = false, .depth = 9, .width = 1, .seed = 9},
                             {.classifier = false, .trees = 8, .seed = 10, .least = 0},
                             {.classifier = true, .base = 0, .seed = 11}};
  for (const auto& made : all) {
    SCOPED_TRACE(made.seed);
    const auto both = OpenBoth(TreesOnnx(made));
    ASSERT_NE(both.ours, nullptr);
    EXPECT_TRUE(both.walked);
    for (const std::size_t at_once : {1, 7, 64, 500}) ExpectSameBits(both, 500, at_once, made.seed);
  }
}

TEST(TreeModel, OurOwnWritersModelsAreWalked) {
  const auto both = OpenBoth(MadeOnnx(5));
  EXPECT_TRUE(both.walked);
  ExpectSameBits(both, 1000, 50, 1);
}

TEST(TreeModel, WhatItDoesNotWalkIsLeftToOnnxRuntime) {
  const std::vector<MadeTrees> all{{.mode = "BRANCH_GT"}, {.classifier = false, .aggregate = "AVERAGE"}, {.least = 0}};
  for (const auto& made : all) {
    const auto both = OpenBoth(TreesOnnx(made));
    ASSERT_NE(both.ours, nullptr);
    EXPECT_FALSE(both.walked) << made.mode << made.aggregate;
    ExpectSameBits(both, 100, 10, 1);
  }
}

}  // namespace
}  // namespace edgewise::score::test
