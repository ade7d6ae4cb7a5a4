#pragma once

#include <algorithm>
#include <array>
#include <thread>

#include "score/model_engine_case_test.h"

namespace edgewise::score::test {

/// The promises of a Runner from call to call, for every implementation: other shapes, other memory, other threads.
template <class Rig>
class RunnerConformance : public ModelEngineCase<Rig> {};
TYPED_TEST_SUITE_P(RunnerConformance);

TYPED_TEST_P(RunnerConformance, ShapesMayChangeFromRunToRun) {
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

TYPED_TEST_P(RunnerConformance, MoreShapesThanAnyoneKeepsAreStillRight) {
  const auto runner = this->MakeRunner();
  for (int round = 0; round < 2; ++round) {
    for (std::size_t rows = 1; rows < 200; ++rows) {
      const auto answers = this->Run(*runner, MadeTensor(rows, this->width(), 7));
      ASSERT_EQ(answers[0].shape[0], rows);
      ASSERT_EQ(answers, this->Run(*runner, MadeTensor(rows, this->width(), 7)));
    }
  }
}

TYPED_TEST_P(RunnerConformance, InputsNeedNoAlignment) {
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

TYPED_TEST_P(RunnerConformance, ManyRunnersRunAtOnce) {
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

TYPED_TEST_P(RunnerConformance, AStoppedRunnerIsDoneAndOthersAreNot) {
  const auto stopped = this->MakeRunner();
  const auto other = this->MakeRunner();
  const auto input = MadeTensor(3, this->width(), 8);
  const auto expected = this->Run(*stopped, input);
  stopped->Stop();
  EXPECT_EQ(this->Refused(*stopped, input.View(), {0}), Code::kCancelled);
  EXPECT_EQ(this->Refused(*stopped, MadeTensor(4, this->width(), 8).View(), {0}), Code::kCancelled);
  EXPECT_EQ(this->Run(*other, input), expected);
}

REGISTER_TYPED_TEST_SUITE_P(RunnerConformance, AStoppedRunnerIsDoneAndOthersAreNot, ShapesMayChangeFromRunToRun,
                            MoreShapesThanAnyoneKeepsAreStillRight, InputsNeedNoAlignment, ManyRunnersRunAtOnce);

}  // namespace edgewise::score::test
