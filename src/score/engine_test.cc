#include "score/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "score/fake_engine.h"
#include "train/forest.h"
#include "train/onnx_writer.h"

namespace edgewise::score {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
const Deadline kSoon = Deadline::After(std::chrono::minutes(1));

train::Forest SmallForest() {
  train::Forest forest{.columns = 3, .base_margin = 0.1F, .trees = {}};
  forest.trees.push_back({{1, 2, 0, 0.5F, true}, {-1, -1, 0, -0.7F}, {3, 4, 2, -1.0F, false}, {-1, -1, 0, 0.2F}, {-1, -1, 0, 0.9F}});
  forest.trees.push_back({{1, 2, 1, 0.0F, false}, {-1, -1, 0, 0.4F}, {-1, -1, 0, -0.3F}});
  return forest;
}

struct Onnx {
  static std::unique_ptr<Engine> Make() { return LoadOnnxEngine(train::WriteOnnx(SmallForest())).value(); }
};
struct Fake {
  static std::unique_ptr<Engine> Make() { return std::make_unique<FakeEngine>(3); }
};

template <class T>
class EngineConformance : public testing::Test {
 protected:
  std::unique_ptr<Engine> engine_ = T::Make();
};
using Engines = testing::Types<Onnx, Fake>;
TYPED_TEST_SUITE(EngineConformance, Engines);

TYPED_TEST(EngineConformance, ProbabilitiesOfARowSumToOneAndRowsKeepTheirOrder) {
  const auto& engine = *this->engine_;
  const std::vector<float> rows{0, 0, 0, 1, 2, 3, kNan, kNan, kNan};
  const auto together = engine.Score(rows, kSoon).value();
  ASSERT_EQ(together.size(), 3 * engine.classes());
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(together[2 * row] + together[2 * row + 1], 1, 1e-6);
    const auto alone = engine.Score(std::span(rows).subspan(3 * row, 3), kSoon).value();
    EXPECT_EQ(alone[1], together[2 * row + 1]);
  }
}

TYPED_TEST(EngineConformance, RefusesWhatIsNotWholeRowsAndGoesOn) {
  const auto& engine = *this->engine_;
  for (const auto& rows : {std::vector<float>{}, std::vector<float>{1, 2}, std::vector<float>{1, 2, 3, 4}}) {
    const auto scores = engine.Score(rows, kSoon);
    ASSERT_FALSE(scores);
    EXPECT_EQ(scores.error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(engine.Score(std::vector<float>{1, 2, 3}, kSoon));
}

TYPED_TEST(EngineConformance, RefusesMoreRowsThanItSays) {
  const auto& engine = *this->engine_;
  const auto scores = engine.Score(std::vector<float>(3 * (engine.max_rows() + 1)), kSoon);
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().code, Code::kResourceExhausted);
}

TYPED_TEST(EngineConformance, DoesNotBeginWithoutTime) {
  const auto scores = this->engine_->Score(std::vector<float>{1, 2, 3}, Deadline::After(std::chrono::seconds(-1)));
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().code, Code::kDeadlineExceeded);
}

TYPED_TEST(EngineConformance, ThreadsGetTheSameScores) {
  const auto& engine = *this->engine_;
  const std::vector<float> rows{0.4F, -1, 2, 0.6F, 1, -2};
  const auto expected = engine.Score(rows, kSoon).value();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) EXPECT_EQ(engine.Score(rows, kSoon).value(), expected);
    });
  }
}

TEST(OnnxEngine, AgreesWithTheTreesItWasWrittenFrom) {
  const auto forest = SmallForest();
  const auto engine = Onnx::Make();
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 500; ++i) {
    std::vector<float> row{normal(random), normal(random), normal(random)};
    if (i % 5 == 0) row[static_cast<std::size_t>(i) % 3] = kNan;
    if (i % 7 == 0) row[0] = 0.5F;  // exactly a threshold
    EXPECT_NEAR(engine->Score(row, kSoon).value()[1], train::Probability(forest, row), 1e-6);
  }
}

TEST(OnnxEngine, SaysThatBytesAreNoModel) {
  for (const std::string& bytes : {std::string(), std::string("not a model"), train::WriteOnnx(SmallForest()).substr(0, 60)}) {
    const auto engine = LoadOnnxEngine(bytes);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, Code::kInvalidArgument);
  }
}

TEST(FakeEngine, FailsOnceWhenTold) {
  FakeEngine engine(1);
  engine.FailNext({Code::kUnavailable, "planted"});
  EXPECT_FALSE(engine.Score(std::vector<float>{1}, kSoon));
  EXPECT_TRUE(engine.Score(std::vector<float>{1}, kSoon));
}

}  // namespace
}  // namespace edgewise::score
