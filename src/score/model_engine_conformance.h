#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <thread>

#include "score/model_engine.h"

namespace edgewise::score::test {

/// A float32 tensor of a test's own.
struct Floats {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  TensorView View() const { return {.type = DataType::kFp32, .shape = shape, .bytes = std::as_bytes(std::span(values)), .strings = {}}; }
};

/// `rows` rows of `width` values in [-4, 4), one in ten missing where `missing` says so.
inline Floats MadeTensor(std::size_t rows, std::size_t width, unsigned seed, bool missing = true) {
  std::mt19937 random(seed);
  Floats made{.shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)}, .values = {}};
  for (std::size_t i = 0; i < rows * width; ++i) {
    const float value = static_cast<float>(random()) * 0x1p-29F - 4;
    made.values.push_back(missing && random() % 10 == 0 ? std::numeric_limits<float>::quiet_NaN() : value);
  }
  return made;
}

/// Owned bytes of an output: a view lives only until the next run.
struct Answer {
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  bool operator==(const Answer&) const = default;
};
inline std::vector<Answer> Kept(std::span<const TensorView> views) {
  std::vector<Answer> answers;
  for (const auto& view : views) answers.push_back({{view.shape.begin(), view.shape.end()}, {view.bytes.begin(), view.bytes.end()}});
  return answers;
}

/// The promises of model_engine.h, for every implementation. A rig has `const ModelEngine& engine()`: one input, FP32 [-1,width], and
/// outputs of which none depends on a row's neighbours.
template <class Rig>
class ModelEngineConformance : public testing::Test {
 protected:
  const ModelEngine& engine() { return rig_.engine(); }
  std::size_t width() { return static_cast<std::size_t>(engine().signature().inputs[0].shape[1]); }
  std::unique_ptr<Runner> MakeRunner() {
    auto runner = engine().MakeRunner();
    EXPECT_TRUE(runner) << runner.error().message;
    return runner ? std::move(*runner) : nullptr;
  }
  std::vector<std::size_t> AllOutputs() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < engine().signature().outputs.size(); ++i) all.push_back(i);
    return all;
  }
  std::vector<Answer> Run(Runner& runner, const TensorView& input) {
    const auto outputs = runner.Run({&input, 1}, AllOutputs());
    EXPECT_TRUE(outputs) << outputs.error().message;
    return outputs ? Kept(*outputs) : std::vector<Answer>();
  }
  std::vector<Answer> Run(Runner& runner, const Floats& input) { return Run(runner, input.View()); }
  Code Refused(Runner& runner, const TensorView& input, const std::vector<std::size_t>& outputs) {
    const auto ran = runner.Run({&input, 1}, outputs);
    return ran ? Code::kInternal : ran.error().code;
  }

  Rig rig_;
};
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

TYPED_TEST_P(ModelEngineConformance, ShapesMayChangeFromRunToRun) {
  const auto runner = this->MakeRunner();
  std::vector<Floats> inputs;
  std::vector<std::vector<Answer>> expected;
  for (const std::size_t rows : {1, 64, 2, 5000, 1, 0, 3}) {
    inputs.push_back(MadeTensor(rows, this->width(), static_cast<unsigned>(rows)));
    expected.push_back(this->Run(*this->MakeRunner(), inputs.back()));
    EXPECT_EQ(expected.back()[0].shape[0], rows);
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(this->Run(*runner, inputs[i]), expected[i]) << "round " << round << ", " << i;
  }
}

TYPED_TEST_P(ModelEngineConformance, MoreShapesThanAnyoneKeepsAreStillRight) {
  const auto runner = this->MakeRunner();
  for (int round = 0; round < 2; ++round) {
    for (std::size_t rows = 1; rows < 200; ++rows) {
      const auto answers = this->Run(*runner, MadeTensor(rows, this->width(), 7));
      ASSERT_EQ(answers[0].shape[0], rows);
      ASSERT_EQ(answers, this->Run(*runner, MadeTensor(rows, this->width(), 7)));
    }
  }
}

TYPED_TEST_P(ModelEngineConformance, InputsNeedNoAlignment) {
  const auto runner = this->MakeRunner();
  for (const std::size_t rows : {2, 100'000}) {
    const auto input = MadeTensor(rows, this->width(), 3);
    const auto expected = this->Run(*runner, input);
    const auto bytes = std::as_bytes(std::span(input.values));
    std::vector<std::byte> moved(bytes.size() + 1);
    std::ranges::copy(bytes, moved.begin() + 1);
    auto view = input.View();
    view.bytes = std::span(moved).subspan(1);
    EXPECT_EQ(this->Run(*runner, view), expected) << rows;
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

TYPED_TEST_P(ModelEngineConformance, ManyRunnersRunAtOnce) {
  const auto input = MadeTensor(10, this->width(), 6);
  const auto expected = this->Run(*this->MakeRunner(), input);
  std::array<int, 4> wrong{};
  std::vector<std::jthread> threads;
  for (auto& count : wrong) {
    threads.emplace_back([&] {
      const auto runner = this->MakeRunner();
      for (int i = 0; i < 100; ++i) count += this->Run(*runner, input) == expected ? 0 : 1;
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

REGISTER_TYPED_TEST_SUITE_P(ModelEngineConformance, SaysWhatItTakesAndGives, OutputsHaveTheTypeAndShapeThatTheSignatureSays,
                            ARowsAnswerDoesNotDependOnItsNeighbours, ShapesMayChangeFromRunToRun, MoreShapesThanAnyoneKeepsAreStillRight,
                            InputsNeedNoAlignment, GivesOnlyTheOutputsAskedForInTheirOrder, WhatDoesNotFitIsRefusedAndTheNextIsAnswered,
                            ManyRunnersRunAtOnce);

}  // namespace edgewise::score::test
