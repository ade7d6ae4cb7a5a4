#pragma once

#include <simdjson.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "score/served_model.h"

namespace edgewise::score::detail {

/// Reads {"rows":[...]} (docs/formats/scoring.md): a row is an array of numbers in the model's order, or an object of named values; null
/// or a name left out = missing. Gives the engine's rows. Errors: kInvalidArgument (names row, column and fix; too many rows).
Result<std::vector<float>> ReadPlainRows(std::string_view json, const ServedModel& model, simdjson::dom::parser& parser);
/// {"model":..,"version":..,"scores":[..]}: the last class's probability of each row, or all of them if there are more than two.
std::string WriteScores(const ServedModel& model, std::span<const float> scores);

}  // namespace edgewise::score::detail
