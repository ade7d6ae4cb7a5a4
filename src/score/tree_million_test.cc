// The promise that allows our own walk: a million random rows, missing values among them, through trees as large as they come here.
#include "score/tree_model_case_test.h"

namespace edgewise::score::test {
namespace {

TEST(TreeModel, AMillionRowsAreOnnxRuntimeBitForBit) {
  const auto classifier = OpenBoth(TreesOnnx({.trees = 100, .depth = 6, .width = 20, .seed = 21}));
  const auto regressor = OpenBoth(TreesOnnx({.classifier = false, .mode = "BRANCH_LT", .trees = 100, .depth = 6, .width = 20, .seed = 22}));
  for (const auto* both : {&classifier, &regressor}) {
    ASSERT_TRUE(both->walked);
    ExpectSameBits(*both, 490'000, 1000, 1);
    ExpectSameBits(*both, 10'000, 1, 2);
  }
}

}  // namespace
}  // namespace edgewise::score::test
