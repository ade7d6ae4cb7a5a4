#pragma once

#include <algorithm>
#include <array>

#include "score/model_engine_case_test.h"

namespace edgewise::score::test {

/// The promises of model_engine.h, for every implementation; runner_conformance.h has those of a runner from call to call.
template <class Rig>
class ModelEngineConformance : public ModelEngineCase<Rig> {};
TYPED_TEST_SUITE_P(ModelEngineConformance);

TYPED_TEST_P(ModelEngineConformance, SaysWhatItTakesAndGives) {
  const auto& signature = this->engine().signature();
  ASSERT_EQ(signature.inputs.size(), 1U);
  EXPECT_EQ(signature.inputs[0].type, DataType::kFp32);
  ASSERT_EQ(signature.inputs[0].shape.size(), 2U);
  EXPECT_EQ(signature.inputs[0].shape[0], -1);
  EXPECT_FALSE(signature.outputs.empty());
  EXPECT_TRUE(signature.batches);
  EXPECT_GT(this->engine().bytes(), 0U);
}

TYPED_TEST_P(ModelEngineConformance, OutputsHaveTheTypeAndShapeThatTheSignatureSays) {
  const auto runner = this->MakeRunner();
  const auto input = MadeTensor(3, this->width(), 1);
  const auto view = input.View();
  const auto outputs = runner->Run({&view, 1}, this->AllOutputs());
  ASSERT_TRUE(outputs) << outputs.error().message;
  const auto& expected = this->engine().signature().outputs;
  ASSERT_EQ(outputs->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& output = (*outputs)[i];
    EXPECT_EQ(output.type, expected[i].type);
    EXPECT_TRUE(Check(expected[i], output.type, output.shape)) << expected[i].name << ShapeText(output.shape);
    EXPECT_EQ(output.shape[0], 3);
    EXPECT_EQ(output.bytes.size(), *CountElements(output.shape, 1000) * SizeOf(output.type));
  }
}

TYPED_TEST_P(ModelEngineConformance, ARowsAnswerDoesNotDependOnItsNeighbours) {
  const auto runner = this->MakeRunner();
  const auto input = MadeTensor(20, this->width(), 2);
  const auto together = this->Run(*runner, input);
  for (std::size_t row = 0; row < 20; ++row) {
    const auto* const begin = input.values.data() + row * this->width();
    const auto alone = this->Run(*runner, Floats{.shape = {1, input.shape[1]}, .values = {begin, begin + this->width()}});
    for (std::size_t i = 0; i < together.size(); ++i) {
      const std::span all(together[i].bytes);
      const std::size_t size = all.size() / 20;
      EXPECT_TRUE(std::ranges::equal(alone[i].bytes, all.subspan(row * size, size))) << "row " << row << " of output " << i;
    }
  }
}

TYPED_TEST_P(ModelEngineConformance, GivesOnlyTheOutputsAskedForInTheirOrder) {
  const auto runner = this->MakeRunner();
  const auto input = MadeTensor(4, this->width(), 4);
  const auto view = input.View();
  const auto all = this->Run(*runner, input);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto one = runner->Run({&view, 1}, {&i, 1});
      ASSERT_TRUE(one) << one.error().message;
      EXPECT_EQ(Kept(*one), std::vector<Answer>{all[i]});
    }
    auto order = this->AllOutputs();
    std::ranges::reverse(order);
    const auto reversed = runner->Run({&view, 1}, order);
    ASSERT_TRUE(reversed) << reversed.error().message;
    EXPECT_EQ(Kept(*reversed), (std::vector<Answer>{all.rbegin(), all.rend()}));
  }
}

TYPED_TEST_P(ModelEngineConformance, WhatDoesNotFitIsRefusedAndTheNextIsAnswered) {
  const auto runner = this->MakeRunner();
  const auto input = MadeTensor(4, this->width(), 5);
  const auto expected = this->Run(*runner, input);
  const std::size_t outputs = expected.size();
  auto view = input.View();
  EXPECT_EQ(this->Refused(*runner, view, {outputs}), Code::kInvalidArgument);
  EXPECT_EQ(this->Refused(*runner, view, {0, 0}), Code::kInvalidArgument);
  EXPECT_EQ(this->Refused(*runner, view, {}), Code::kInvalidArgument);
  view.bytes = view.bytes.first(view.bytes.size() - 1);
  EXPECT_EQ(this->Refused(*runner, view, {0}), Code::kInvalidArgument);
  const std::array<std::int64_t, 2> lie{std::int64_t{1} << 60, input.shape[1]};
  view.shape = lie;
  EXPECT_EQ(this->Refused(*runner, view, {0}), Code::kInvalidArgument);
  const std::array<TensorView, 2> two{input.View(), input.View()};
  EXPECT_FALSE(runner->Run(two, this->AllOutputs()));
  EXPECT_EQ(this->Run(*runner, input), expected);
}

REGISTER_TYPED_TEST_SUITE_P(ModelEngineConformance, SaysWhatItTakesAndGives, OutputsHaveTheTypeAndShapeThatTheSignatureSays,
                            ARowsAnswerDoesNotDependOnItsNeighbours, GivesOnlyTheOutputsAskedForInTheirOrder,
                            WhatDoesNotFitIsRefusedAndTheNextIsAnswered);

}  // namespace edgewise::score::test
