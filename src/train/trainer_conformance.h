#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "train/metrics.h"
#include "train/onnx_reader.h"
#include "train/trainer.h"

namespace edgewise::train::test {

/// Rows whose label depends on the first three columns; one value in twenty is missing.
inline Dataset MadeRows(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 random(seed);
  const auto uniform = [&] { return static_cast<float>(random()) * 0x1p-32F; };
  Dataset data{.columns = columns, .x = {}, .y = {}};
  for (std::size_t i = 0; i < rows; ++i) {
    const auto begin = data.x.size();
    for (std::size_t column = 0; column < columns; ++column) data.x.push_back(uniform() * 8 - 4);
    const float margin = 2 * data.x[begin] - data.x[begin + 1] + (data.x[begin + 2] > 1 ? 1.5F : -1.0F);
    data.y.push_back(uniform() < 1 / (1 + std::exp(-margin)) ? 1.0F : 0.0F);
    for (std::size_t column = 0; column < columns; ++column) {
      if (uniform() < 0.05F) data.x[begin + column] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return data;
}

/// The promises of trainer.h, for every implementation. A rig has `Trainer& trainer()`.
template <class Rig>
class TrainerConformance : public testing::Test {
 protected:
  Trainer& trainer() { return rig_.trainer(); }
  Code Refused(const Dataset& data, const Recipe& recipe = {}) {
    const auto model = trainer().Fit(data, recipe);
    return model ? Code::kInternal : model.error().code;
  }

  Rig rig_;
};
TYPED_TEST_SUITE_P(TrainerConformance);

TYPED_TEST_P(TrainerConformance, SameRowsAndRecipeGiveTheSameBytes) {
  const auto data = MadeRows(2000, 4, 1);
  const auto first = this->trainer().Fit(data, {.rounds = 10});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*this->trainer().Fit(data, {.rounds = 10}), *first);
}

TYPED_TEST_P(TrainerConformance, LearnsWhatTheLabelDependsOn) {
  const auto model = this->trainer().Fit(MadeRows(4000, 4, 2), {.rounds = 20});
  ASSERT_TRUE(model) << model.error().message;
  const auto forest = ReadOnnx(*model);
  ASSERT_TRUE(forest) << forest.error().message;
  const auto fresh = MadeRows(2000, 4, 3);
  EXPECT_GT(Auc(Probabilities(*forest, fresh.x), fresh.y), 0.7);
}

TYPED_TEST_P(TrainerConformance, RowsThatCannotBeLearnedFromAreRefused) {
  EXPECT_EQ(this->Refused({}), Code::kInvalidArgument);
  auto data = MadeRows(10, 4, 4);
  data.x.pop_back();
  EXPECT_EQ(this->Refused(data), Code::kInvalidArgument);
  data = MadeRows(10, 4, 4);
  data.y[3] = 0.5F;
  EXPECT_EQ(this->Refused(data), Code::kInvalidArgument);
  data = MadeRows(10, 4, 4);
  data.x[3] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(this->Refused(data), Code::kInvalidArgument);
}

TYPED_TEST_P(TrainerConformance, ARecipeOutOfRangeIsRefusedByItsKey) {
  const auto data = MadeRows(10, 4, 5);
  for (const auto& recipe : {Recipe{.rounds = 0}, Recipe{.max_depth = 40}, Recipe{.eta = std::nan("")}, Recipe{.subsample = 0}}) {
    EXPECT_EQ(this->Refused(data, recipe), Code::kInvalidArgument);
  }
  EXPECT_NE(this->trainer().Fit(data, {.max_bin = 1}).error().message.find("max_bin"), std::string::npos);
}

TYPED_TEST_P(TrainerConformance, OneRowOneLabelAndAColumnOfNothingAreEnough) {
  const Dataset data{.columns = 3, .x = {1, 2, std::numeric_limits<float>::quiet_NaN()}, .y = {1}};
  const auto model = this->trainer().Fit(data, {.rounds = 2});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_GT(Probability(*ReadOnnx(*model), data.x), 0.4F);
}

REGISTER_TYPED_TEST_SUITE_P(TrainerConformance, SameRowsAndRecipeGiveTheSameBytes, LearnsWhatTheLabelDependsOn,
                            RowsThatCannotBeLearnedFromAreRefused, ARecipeOutOfRangeIsRefusedByItsKey,
                            OneRowOneLabelAndAColumnOfNothingAreEnough);

}  // namespace edgewise::train::test
