#include "improve/challenge.h"

#include <set>

#include "base/check.h"
#include "improve/dataset.h"
#include "improve/made_samples_test.h"
#include "train/fake_trainer.h"
#include "train/metrics.h"
#include "train/xgboost_trainer.h"

namespace edgewise::improve::test {
namespace {

constexpr int kDays = 60, kHoldout = 28;

/// Rows of 60 days: the label depends weakly on heat, wind and carrier, most of it is chance.
SampleSet MadeSamples(int rows_a_day, unsigned seed = 5) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::vector<Row> rows;
  for (int day = 0; day < kDays; ++day) {
    for (int i = 0; i < rows_a_day; ++i) {
      const double heat = uniform(), wind = uniform();
      const auto carrier = random() % 4;
      const double p = 0.1 + 0.3 * heat + 0.2 * wind * wind + 0.1 * static_cast<double>(carrier);
      rows.push_back({.sequence = rows.size() + 1,
                      .day = DayText(15'800 + day),
                      .label = uniform() < p,
                      .score = fmt::format("{:.4f}", p),
                      .heat = fmt::format("{:.6f}", heat),
                      .wind = fmt::format("{:.6f}", wind),
                      .carrier = fmt::format("\"C{}\"", carrier)});
    }
  }
  store::FakeStore store;
  PutBatch(store, "EWR", 1, Lines(rows));
  auto set = ReadSamples(store, Options(), Deadline::Never());
  EDGEWISE_CHECK(set);
  return *std::move(set);
}

FitRequest Fit(const train::Recipe& recipe) {
  return {.name = "delay",
          .version = "2013-06",
          .program = MadeProgram().ToJson(),
          .trained_until = ParseTime("2014-01-01T00:00:00Z").value(),
          .recipe = recipe};
}

ChallengeRequest Request(const train::Recipe& challenger, const train::Recipe& champion) {
  return {.fit = Fit(challenger), .champion = champion, .champion_until = {}, .holdout_days = kHoldout, .tolerance = {}};
}

/// Trees deep enough to remember single rows.
train::Recipe Memorising() {
  return {.rounds = 150, .max_depth = 12, .eta = 0.5, .min_child_weight = 0, .subsample = 1, .colsample = 1, .max_bin = 256};
}
train::Recipe Modest() { return {.rounds = 30, .max_depth = 3, .eta = 0.2}; }

TEST(Challenge, AChallengerTrainedOnTheHoldoutRowsIsNotPromotedByComparingOnRowsItTrainedOn) {
  const auto set = MadeSamples(100);
  const auto trainer = train::MakeXgboostTrainer({.threads = 1});
  // The control: fitted on all days, the memorising challenger looks far better on the newest 28 of them. A gate that compares so promotes
  // anything.
  const auto program = MadeProgram().WithVocabularies(Vocabularies(MadeProgram(), set, AllRows(set)));
  const auto data = Encode(program, set, AllRows(set));
  const auto memorised = ScoreByTrees(*trainer->Fit(data, Memorising()), data);
  const auto modest = ScoreByTrees(*trainer->Fit(data, Modest()), data);
  ASSERT_TRUE(memorised && modest);
  std::vector<std::int32_t> days;
  for (const auto& row : set.rows) days.push_back(row.day);
  const auto cheated = Compare({.challenger = *memorised, .champion = *modest, .labels = data.y, .days = days}, {});
  EXPECT_TRUE(cheated.promote) << cheated.reason;
  EXPECT_GT(train::Auc(*memorised, data.y) - train::Auc(*modest, data.y), 0.04);
  // The gate: the same challenger against the same champion.
  const auto result = RunChallenge(Request(Memorising(), Modest()), set, *trainer);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->gate.promote);
  EXPECT_FALSE(result->model);
  EXPECT_LT(result->gate.high, 0) << result->gate.reason;
  EXPECT_EQ(result->gate.days, 28U);
}

TEST(Challenge, NoRowOfTheDaysKeptBackReachesATrainerBeforeTheDecision) {
  const auto set = MadeSamples(10);
  std::set<float> kept_back;
  for (const auto& row : set.rows) {
    if (row.day >= 15'800 + kDays - kHoldout) kept_back.insert(set.SampleOf(row).numbers[0]);
  }
  const auto seen = [&](const train::Dataset& data) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < data.x.size(); at += data.columns) count += kept_back.count(data.x[at]);
    return count;
  };
  train::FakeTrainer trainer;
  const auto result = RunChallenge(Request({.rounds = 9}, {.rounds = 8}), set, trainer);
  ASSERT_TRUE(result) << result.error().message;
  const auto calls = trainer.calls();
  ASSERT_EQ(calls.size(), 3U) << result->gate.reason;
  EXPECT_EQ(seen(calls[0].data), 0U);
  EXPECT_EQ(seen(calls[1].data), 0U);
  EXPECT_EQ(calls[0].recipe.rounds, 9);
  EXPECT_EQ(calls[1].recipe.rounds, 8);
  EXPECT_EQ(seen(calls[2].data), kept_back.size());  // the refit, after the decision
  EXPECT_EQ(calls[2].data.rows(), set.rows.size());
}

TEST(Challenge, APromotedModelCarriesWhatItLearnedFromAndWhyItWasPromoted) {
  const auto set = MadeSamples(60);
  const auto trainer = train::MakeXgboostTrainer({.threads = 1});
  const auto result = RunChallenge(Request(Modest(), {.rounds = 1, .max_depth = 1}), set, *trainer);
  ASSERT_TRUE(result && result->model) << (result ? result->gate.reason : result.error().message);
  const auto& card = result->model->card;
  EXPECT_EQ(card.name, "delay");
  EXPECT_EQ(card.training.rows, set.rows.size());
  EXPECT_EQ(card.holdout->rows, result->gate.rows);
  EXPECT_EQ(card.objects.at(0).rows, set.rows.size());
  EXPECT_EQ(card.objects.at(0).digest, set.objects.at(0).digest);
  EXPECT_EQ(card.profile.size(), 3U);
  EXPECT_EQ(card.notes.at("gate"), result->gate.reason);
  EXPECT_EQ(card.notes.at("gate.challenger"), result->challenger_onnx.ToString());
  EXPECT_NE(Digest::Of(result->model->onnx), result->challenger_onnx);
  const auto program = feature::Program::FromJson(card.program);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->vocabularies().at("carrier").size(), 4U);
  EXPECT_EQ(program->layout(), MadeProgram().layout());
  EXPECT_TRUE(train::CardFromJson(train::ToJson(card)));
}

TEST(Challenge, TheSameRequestGivesTheSameModelAndDecision) {
  const auto set = MadeSamples(20);
  const auto trainer = train::MakeXgboostTrainer({.threads = 1});
  const auto request = Request(Modest(), {.rounds = 1, .max_depth = 1});
  const auto first = RunChallenge(request, set, *trainer);
  const auto second = RunChallenge(request, set, *trainer);
  ASSERT_TRUE(first && second && first->model && second->model);
  EXPECT_EQ(first->gate.low, second->gate.low);
  EXPECT_EQ(first->model->onnx, second->model->onnx);
  EXPECT_EQ(train::ToJson(first->model->card), train::ToJson(second->model->card));
}

TEST(Challenge, WhatTheModelGotMostWrongIsNoSchoolForAChallenger) {
  const auto trainer = train::MakeXgboostTrainer({.threads = 1});
  auto hardest = Modest();
  hardest.select = "hardest:0.1";
  const auto result = RunChallenge(Request(hardest, Modest()), MadeSamples(60), *trainer);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->gate.promote);
  EXPECT_TRUE(result->gate.reason.starts_with("refused: mean log-loss gain -")) << result->gate.reason;
}

TEST(Challenge, TheChampionLearnsNothingThatWasKnownAfterItsOwnTime) {
  const auto set = MadeSamples(10);
  train::FakeTrainer trainer;
  auto request = Request({.rounds = 9}, {.rounds = 9});
  ASSERT_TRUE(RunChallenge(request, set, trainer));
  EXPECT_EQ(trainer.calls().size(), 2U);  // one recipe on the same rows is fitted once, then the refit
  request.champion_until = ParseTime(DayText(15'810) + "T00:00:00Z").value();
  ASSERT_TRUE(RunChallenge(request, set, trainer));
  EXPECT_EQ(trainer.calls().at(3).data.rows(), 100U);
}

TEST(Challenge, LabelsKnownAfterTheCutOffAreNotUsed) {
  const auto set = MadeSamples(10);
  train::FakeTrainer trainer;
  auto fit = Fit({});
  fit.trained_until = ParseTime(DayText(15'805) + "T00:00:00Z").value();
  const auto model = FitModel(fit, set, trainer);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->card.training.rows, 50U);
  EXPECT_EQ(model->card.objects.at(0).rows, 50U);
}

TEST(Challenge, AFailureOfTheTrainerAndTooFewDaysAreErrors) {
  const auto set = MadeSamples(2);
  train::FakeTrainer trainer;
  trainer.FailNext({Code::kUnavailable, "cluster busy"});
  EXPECT_EQ(RunChallenge(Request({}, {}), set, trainer).error().code, Code::kUnavailable);
  auto request = Request({}, {});
  request.holdout_days = kDays;
  EXPECT_EQ(RunChallenge(request, set, trainer).error().code, Code::kFailedPrecondition);
  request.fit.program = "{";
  EXPECT_EQ(RunChallenge(request, set, trainer).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace edgewise::improve::test
