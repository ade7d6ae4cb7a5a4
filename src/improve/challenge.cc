#include "improve/challenge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "improve/dataset.h"
#include "train/metrics.h"
#include "train/onnx_reader.h"
#include "train/profile.h"

namespace edgewise::improve {
namespace {

RowList KnownBefore(const SampleSet& set, const RowList& candidates, EventTime until) {
  RowList rows;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(rows), [&](auto row) { return set.rows[row].known < until; });
  return rows;
}

/// Trees and the program (with its vocabularies) whose rows they score.
struct Fitted {
  feature::Program program;
  std::string onnx;
};

feature::Program WithWordsOf(const feature::Program& program, const SampleSet& set, const RowList& rows) {
  return program.WithVocabularies(Vocabularies(program, set, rows));
}

Result<feature::Program> ProgramFor(const std::string& json, const SampleSet& set) {
  EDGEWISE_ASSIGN(const auto program, feature::Program::FromJson(json));
  if (!set.rows.empty() && (program.numbers() != set.numbers || program.categories() != set.categories)) {
    return Fail(Code::kInvalidArgument, fmt::format("program has {} numbers and {} categories, the samples {} and {}", program.numbers(),
                                                    program.categories(), set.numbers, set.categories));
  }
  return program;
}

Result<Fitted> Fit(const feature::Program& program, const train::Recipe& recipe, const SampleSet& set, const RowList& candidates,
                   train::Trainer& trainer) {
  EDGEWISE_ASSIGN(const auto rows, Select(set, candidates, recipe.select));
  Fitted fitted{.program = WithWordsOf(program, set, rows), .onnx = {}};
  EDGEWISE_ASSIGN(fitted.onnx, trainer.Fit(Encode(fitted.program, set, rows), recipe));
  return fitted;
}

/// The newest local days, kept back, and the rows before them.
struct Division {
  RowList before;
  RowList kept_back;
};

Result<Division> Divide(const SampleSet& set, const RowList& rows, int holdout_days) {
  std::int32_t newest = std::numeric_limits<std::int32_t>::min();
  for (const auto row : rows) newest = std::max(newest, set.rows[row].day);
  Division division;
  for (const auto row : rows) {
    (newest - set.rows[row].day < holdout_days ? division.kept_back : division.before).push_back(row);
  }
  if (holdout_days < 1 || division.before.empty()) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("the labelled rows hold no more than {} days: nothing is left to learn from", holdout_days));
  }
  return division;
}

/// What a model says about the rows kept back.
Result<std::vector<double>> Judge(const Fitted& fitted, const SampleSet& set, const RowList& rows, const ScoreRows& score) {
  const auto data = Encode(fitted.program, set, rows);
  EDGEWISE_ASSIGN(auto scores, score(fitted.onnx, data));
  if (scores.size() != rows.size()) return Fail(Code::kInternal, fmt::format("{} scores for {} rows", scores.size(), rows.size()));
  return scores;
}

void Decide(const SampleSet& set, const RowList& rows, std::span<const double> challenger, std::span<const double> champion,
            const Tolerance& tolerance, ChallengeResult& result) {
  std::vector<float> labels;
  std::vector<std::int32_t> days;
  for (const auto row : rows) {
    labels.push_back(set.rows[row].label ? 1.0F : 0.0F);
    days.push_back(set.rows[row].day);
  }
  result.challenger = train::Measure(challenger, labels);
  result.champion = train::Measure(champion, labels);
  result.gate = Compare({.challenger = challenger, .champion = champion, .labels = labels, .days = days}, tolerance);
}

Result<train::Model> MakeModel(const FitRequest& request, const SampleSet& set, train::Trainer& trainer, const ScoreRows& score) {
  EDGEWISE_ASSIGN(const auto plain, ProgramFor(request.program, set));
  EDGEWISE_ASSIGN(const auto rows, Select(set, KnownBefore(set, AllRows(set), request.trained_until), request.recipe.select));
  const auto program = WithWordsOf(plain, set, rows);
  const auto data = Encode(program, set, rows);
  train::Model model;
  EDGEWISE_ASSIGN(model.onnx, trainer.Fit(data, request.recipe));
  EDGEWISE_ASSIGN(const auto scores, score(model.onnx, data));
  model.card = {.name = request.name,
                .version = request.version,
                .program = program.ToJson(),
                .recipe = request.recipe,
                .trained_until = request.trained_until,
                .training = train::Measure(scores, data.y),
                .holdout = {},
                .profile = train::MakeProfile(data, ColumnsOf(program)),
                .objects = ObjectsOf(set, rows),
                .notes = {}};
  return model;
}

}  // namespace

Result<std::vector<double>> ScoreByTrees(std::string_view onnx, const train::Dataset& rows) {
  EDGEWISE_ASSIGN(const auto forest, train::ReadOnnx(onnx));
  if (forest.columns != rows.columns) {
    return Fail(Code::kInvalidArgument, fmt::format("model takes {} columns, the rows have {}", forest.columns, rows.columns));
  }
  return train::Probabilities(forest, rows.x);
}

Result<train::Model> FitModel(const FitRequest& request, const SampleSet& set, train::Trainer& trainer) {
  return MakeModel(request, set, trainer, ScoreByTrees);
}

Result<ChallengeResult> RunChallenge(const ChallengeRequest& request, const SampleSet& set, train::Trainer& trainer,
                                     const ScoreRows& score) {
  EDGEWISE_ASSIGN(const auto program, ProgramFor(request.fit.program, set));
  EDGEWISE_ASSIGN(const auto division, Divide(set, KnownBefore(set, AllRows(set), request.fit.trained_until), request.holdout_days));
  EDGEWISE_ASSIGN(const auto challenger, Fit(program, request.fit.recipe, set, division.before, trainer));
  const auto champion_rows = request.champion_until ? KnownBefore(set, division.before, *request.champion_until) : division.before;
  const bool same = request.champion == request.fit.recipe && champion_rows == division.before;
  Result<Fitted> champion = challenger;
  if (!same) champion = Fit(program, request.champion, set, champion_rows, trainer);
  if (!champion) return std::unexpected(champion.error());

  ChallengeResult result;
  result.challenger_onnx = Digest::Of(challenger.onnx);
  result.champion_onnx = Digest::Of(champion->onnx);
  EDGEWISE_ASSIGN(const auto challenger_scores, Judge(challenger, set, division.kept_back, score));
  EDGEWISE_ASSIGN(const auto champion_scores, Judge(*champion, set, division.kept_back, score));
  Decide(set, division.kept_back, challenger_scores, champion_scores, request.tolerance, result);
  if (!result.gate.promote) return result;

  EDGEWISE_ASSIGN(result.model, MakeModel(request.fit, set, trainer, score));
  result.model->card.holdout = result.challenger;
  result.model->card.notes = {{"gate", result.gate.reason},
                              {"gate.challenger", result.challenger_onnx.ToString()},
                              {"gate.champion", result.champion_onnx.ToString()}};
  return result;
}

}  // namespace edgewise::improve
