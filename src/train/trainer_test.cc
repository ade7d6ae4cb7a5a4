#include <xgboost/c_api.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "train/detail/booster.h"
#include "train/fake_trainer.h"
#include "train/trainer_conformance.h"
#include "train/xgboost_trainer.h"

namespace edgewise::train::test {
namespace {

struct OnXgboost {
  std::unique_ptr<Trainer> made = MakeXgboostTrainer();
  Trainer& trainer() { return *made; }
};
struct Fake {
  FakeTrainer made;
  Trainer& trainer() { return made; }
};
using Implementations = testing::Types<OnXgboost, Fake>;
INSTANTIATE_TYPED_TEST_SUITE_P(All, TrainerConformance, Implementations);

/// What XGBoost itself says about `rows`, with the model of its own JSON.
std::vector<float> AskXgboost(const std::string& json, const Dataset& rows) {
  BoosterHandle booster = nullptr;
  DMatrixHandle matrix = nullptr;
  bst_ulong size = 0;
  const float* scores = nullptr;
  EXPECT_EQ(XGBoosterCreate(nullptr, 0, &booster), 0);
  EXPECT_EQ(XGBoosterLoadModelFromBuffer(booster, json.data(), json.size()), 0) << XGBGetLastError();
  EXPECT_EQ(XGDMatrixCreateFromMat(rows.x.data(), rows.rows(), rows.columns, std::numeric_limits<float>::quiet_NaN(), &matrix), 0);
  EXPECT_EQ(XGBoosterPredict(booster, matrix, 0, 0, 0, &size, &scores), 0) << XGBGetLastError();
  std::vector<float> answer(scores, scores + size);
  XGDMatrixFree(matrix);
  XGBoosterFree(booster);
  return answer;
}

TEST(XgboostTrainer, TheWrittenModelScoresAsXgboostDoes) {
  const auto data = MadeRows(5000, 6, 7);
  const Recipe recipe{.rounds = 40};
  const auto json = detail::GrowTrees(data, recipe, 1);
  ASSERT_TRUE(json) << json.error().message;
  const auto forest = ReadOnnx(MakeXgboostTrainer()->Fit(data, recipe).value());
  ASSERT_TRUE(forest) << forest.error().message;
  EXPECT_EQ(forest->trees.size(), 40U);
  const auto rows = MadeRows(10'000, 6, 8);
  const auto expected = AskXgboost(*json, rows);
  const auto scores = Probabilities(*forest, rows.x);
  ASSERT_EQ(scores.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) worst = std::max(worst, std::abs(scores[i] - expected[i]));
  EXPECT_LT(worst, 1e-6);
}

TEST(XgboostTrainer, OneThreadAndTwoGiveTheSameBytes) {
  const auto data = MadeRows(20'000, 12, 9);
  const Recipe recipe{.rounds = 30};
  const auto one = MakeXgboostTrainer({.threads = 1})->Fit(data, recipe);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(*MakeXgboostTrainer({.threads = 2})->Fit(data, recipe), *one);
}

TEST(XgboostTrainer, AnotherSeedGivesOtherTrees) {
  const auto data = MadeRows(3000, 4, 10);
  const auto trainer = MakeXgboostTrainer();
  EXPECT_NE(*trainer->Fit(data, {.rounds = 5, .seed = 1}), *trainer->Fit(data, {.rounds = 5, .seed = 2}));
}

TEST(XgboostTrainer, TwoFitsAtOnceDoNotDisturbEachOther) {
  const auto data = MadeRows(3000, 4, 11);
  const Recipe recipe{.rounds = 10};
  const auto trainer = MakeXgboostTrainer({.threads = 1});
  const auto alone = trainer->Fit(data, recipe).value();
  std::string first, second;
  std::thread other([&] { first = trainer->Fit(data, recipe).value_or(""); });
  second = trainer->Fit(data, recipe).value_or("");
  other.join();
  EXPECT_EQ(first, alone);
  EXPECT_EQ(second, alone);
}

TEST(FakeTrainer, FailsWhenToldAndRemembersWhatItWasGiven) {
  FakeTrainer trainer;
  trainer.FailNext({Code::kUnavailable, "cluster busy"});
  EXPECT_EQ(trainer.Fit(MadeRows(10, 3, 1), {}).error().code, Code::kUnavailable);
  EXPECT_TRUE(trainer.Fit(MadeRows(10, 3, 1), {}));
  EXPECT_EQ(trainer.calls().size(), 1U);
}

}  // namespace
}  // namespace edgewise::train::test
