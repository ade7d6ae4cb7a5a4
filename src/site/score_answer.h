#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/lineage_id.h"

namespace edgewise::site {

/// One row of an answer of POST /score/{model}.
struct AnsweredRow {
  double score = 0;
  LineageId lineage;
  Digest model;              ///< That scored it.
  std::string version;       ///< "" where that model is no longer live; then there is no label either.
  bool kept = true;          ///< False: the site does not keep this row, and its lineage id names nothing.
  std::optional<int> label;  ///< Of a model of two classes: the one that is more likely.
};

/// What an answer took. A row that was there already took none of the first two.
struct ScoreStages {
  std::chrono::steady_clock::duration features{}, infer{}, store{};
};

struct ScoreAnswer {
  bool many = false;  ///< Lists, of one row too: the request was an array or CSV.
  std::vector<AnsweredRow> rows;
  ScoreStages stages;
};

/// The body: docs/formats/site.md. There is a row.
std::string ToJson(const ScoreAnswer& answer);

}  // namespace edgewise::site
