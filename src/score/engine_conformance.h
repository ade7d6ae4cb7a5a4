#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <random>
#include <thread>

#include "score/engine.h"

namespace edgewise::score::test {

inline constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// `rows` rows of `width` values in [-4, 4), one in ten missing.
inline std::vector<float> MadeRows(std::size_t rows, std::size_t width, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values;
  for (std::size_t i = 0; i < rows * width; ++i) {
    const float value = static_cast<float>(random()) * 0x1p-29F - 4;
    values.push_back(random() % 10 == 0 ? kMissing : value);
  }
  return values;
}

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(20)); }

/// The promises of engine.h, for every implementation. A rig has `const Engine& engine()` and `bool concurrent`; width is at least 2.
template <class Rig>
class EngineConformance : public testing::Test {
 protected:
  const Engine& engine() { return rig_.engine(); }
  Code Refused(std::span<const float> rows, Deadline deadline = Soon()) {
    const auto scores = engine().Score(rows, deadline);
    return scores ? Code::kInternal : scores.error().code;
  }

  Rig rig_;
};
TYPED_TEST_SUITE_P(EngineConformance);

TYPED_TEST_P(EngineConformance, GivesOneRowOfProbabilitiesForEachRow) {
  const auto& engine = this->engine();
  const auto scores = engine.Score(MadeRows(50, engine.width(), 1), Soon());
  ASSERT_TRUE(scores) << scores.error().message;
  ASSERT_EQ(scores->size(), 50 * engine.classes());
  ASSERT_EQ(engine.classes(), 2U);
  for (std::size_t row = 0; row < 50; ++row) {
    EXPECT_GE((*scores)[2 * row + 1], 0);
    EXPECT_NEAR((*scores)[2 * row] + (*scores)[2 * row + 1], 1, 1e-5);
  }
}

TYPED_TEST_P(EngineConformance, ARowsScoreDoesNotDependOnItsNeighbours) {
  const auto& engine = this->engine();
  const auto rows = MadeRows(20, engine.width(), 2);
  const auto together = engine.Score(rows, Soon());
  ASSERT_TRUE(together) << together.error().message;
  for (std::size_t row = 0; row < 20; ++row) {
    const auto alone = engine.Score(std::span(rows).subspan(row * engine.width(), engine.width()), Soon());
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_FLOAT_EQ((*alone)[1], (*together)[2 * row + 1]) << row;
  }
}

TYPED_TEST_P(EngineConformance, ScoresARowOfNothing) {
  const std::vector<float> row(this->engine().width(), kMissing);
  EXPECT_TRUE(this->engine().Score(row, Soon()));
}

TYPED_TEST_P(EngineConformance, RowsThatDoNotFitAreRefusedAndTheNextAreScored) {
  const auto& engine = this->engine();
  EXPECT_EQ(this->Refused({}), Code::kInvalidArgument);
  EXPECT_EQ(this->Refused(std::vector<float>(engine.width() - 1)), Code::kInvalidArgument);
  EXPECT_EQ(this->Refused(std::vector<float>(engine.width() + 1)), Code::kInvalidArgument);
  EXPECT_EQ(this->Refused(std::vector<float>(engine.width() * (engine.max_rows() + 1))), Code::kResourceExhausted);
  EXPECT_TRUE(engine.Score(std::vector<float>(engine.width() * engine.max_rows()), Soon()));
}

TYPED_TEST_P(EngineConformance, AnswersNobodyWhoNoLongerWaits) {
  const std::vector<float> row(this->engine().width());
  EXPECT_EQ(this->Refused(row, Deadline::After(-std::chrono::seconds(1))), Code::kDeadlineExceeded);
  EXPECT_TRUE(this->engine().Score(row, Soon()));
}

TYPED_TEST_P(EngineConformance, ScoresForManyThreadsAtOnce) {
  const auto& engine = this->engine();
  const auto rows = MadeRows(10, engine.width(), 3);
  const auto expected = engine.Score(rows, Soon());
  ASSERT_TRUE(expected) << expected.error().message;
  std::vector<int> wrong(4, 0);
  std::vector<std::jthread> threads;
  for (auto& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto scores = engine.Score(rows, Soon());
        count += !scores || *scores != *expected ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

REGISTER_TYPED_TEST_SUITE_P(EngineConformance, GivesOneRowOfProbabilitiesForEachRow, ARowsScoreDoesNotDependOnItsNeighbours,
                            ScoresARowOfNothing, RowsThatDoNotFitAreRefusedAndTheNextAreScored, AnswersNobodyWhoNoLongerWaits,
                            ScoresForManyThreadsAtOnce);

}  // namespace edgewise::score::test
