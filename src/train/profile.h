#pragma once

#include <span>
#include <string>
#include <vector>

#include "train/model.h"
#include "train/trainer.h"

namespace edgewise::train {

/// What a profile needs to know of a column of the model's input.
struct Column {
  std::string name;
  bool seasonal = false;
  bool category = false;
  std::size_t vocabulary = 0;  ///< Words of a category; code `vocabulary` is "other".
};

/// How each column is distributed over the rows: the reference for drift (docs/formats/model.md). CHECKs that the columns fit the data.
std::vector<FeatureProfile> MakeProfile(const Dataset& data, std::span<const Column> columns);

/// Where a value counts: the number of edges below it, or edges + 1 when it is missing (NaN).
std::size_t BinOf(const FeatureProfile& feature, float value);

}  // namespace edgewise::train
