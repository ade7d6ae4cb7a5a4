#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "improve/gate.h"
#include "improve/samples.h"
#include "train/model.h"
#include "train/trainer.h"

namespace edgewise::improve {

/// A model to be made.
struct FitRequest {
  std::string name;         ///< Of the model: what applications ask for.
  std::string version;      ///< Label for people.
  std::string program;      ///< feature::Program::ToJson(); vocabularies in it are replaced by those of the rows.
  EventTime trained_until;  ///< Only labels known before this moment are used.
  train::Recipe recipe;
};

/// Fits a model on the rows that the recipe selects, without comparing it with anything.
/// Errors: as Select() and Trainer; kInvalidArgument (program).
Result<train::Model> FitModel(const FitRequest& request, const SampleSet& set, train::Trainer& trainer);

struct ChallengeRequest {
  FitRequest fit;          ///< The challenger.
  train::Recipe champion;  ///< What it has to beat.
  std::optional<EventTime>
      champion_until;     ///< The champion learns only from labels known before this; none: from all that the challenger may.
  int holdout_days = 28;  ///< The newest local days, kept back from both.
  Tolerance tolerance;
};

struct ChallengeResult {
  GateResult gate;
  train::Metrics challenger;  ///< On the days kept back.
  train::Metrics champion;
  Digest challenger_onnx;  ///< Of the two that were compared; the model has learned from all days since.
  Digest champion_onnx;
  std::optional<train::Model> model;  ///< Only when promoted: the challenger's recipe fitted again on everything.
};

/// Scores rows with ONNX bytes; the default reads the trees that our trainers write.
using ScoreRows = std::function<Result<std::vector<double>>(std::string_view onnx, const train::Dataset& rows)>;
Result<std::vector<double>> ScoreByTrees(std::string_view onnx, const train::Dataset& rows);

/// Fits challenger and champion without the newest days, compares them on those days, and fits the challenger on everything if it may go
/// on. Neither sees a row of the days kept back before the decision. Deterministic. A refusal is a result, not an error. Errors: as
/// FitModel; kFailedPrecondition (the set holds no more days than are kept back).
Result<ChallengeResult> RunChallenge(const ChallengeRequest& request, const SampleSet& set, train::Trainer& trainer,
                                     const ScoreRows& score = ScoreByTrees);

}  // namespace edgewise::improve
