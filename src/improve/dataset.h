#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feature/program.h"
#include "improve/samples.h"
#include "train/profile.h"
#include "train/trainer.h"

namespace edgewise::improve {

/// The rows of `candidates` that a recipe learns from (docs/formats/model.md, `select`).
/// Errors: kInvalidArgument (unknown form), kFailedPrecondition (nothing is left, or no row has a served score for `hardest`).
Result<RowList> Select(const SampleSet& set, const RowList& candidates, std::string_view select);

/// Values seen at least `least` times in these rows, sorted, by name of the category output.
std::map<std::string, std::vector<std::string>> Vocabularies(const feature::Program& program, const SampleSet& set,
                                                             std::span<const std::uint32_t> rows, std::size_t least = 20);

/// The rows as the model's input, by program.Encode(). CHECKs that the set has the program's widths.
train::Dataset Encode(const feature::Program& program, const SampleSet& set, std::span<const std::uint32_t> rows);

/// What MakeProfile() needs to know of the program's columns.
std::vector<train::Column> ColumnsOf(const feature::Program& program);

}  // namespace edgewise::improve
