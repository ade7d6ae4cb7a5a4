#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace edgewise::train {

/// One node of a tree. A branch sends `value < threshold` to `left`, the rest to `right`, missing to the side of `missing_left`.
struct Node {
  std::int32_t left = -1;  ///< Index in the tree; negative: this is a leaf.
  std::int32_t right = -1;
  std::int32_t feature = 0;
  float value = 0;  ///< Threshold of a branch, weight of a leaf.
  bool missing_left = false;
  bool leaf() const { return left < 0; }
  bool operator==(const Node&) const = default;
};

/// Trees whose leaves add up to the log-odds of label 1. Node 0 is a tree's root; children come after their parent.
struct Forest {
  std::size_t columns = 0;
  float base_margin = 0;
  std::vector<std::vector<Node>> trees;
  bool operator==(const Forest&) const = default;
};

/// Errors: kInvalidArgument unless every child lies behind its parent and inside its tree, and every feature below `columns`.
Result<void> Check(const Forest& forest);
/// P(label 1) of one row of `columns` floats; NaN = missing. The forest passed Check().
float Probability(const Forest& forest, std::span<const float> row);
/// The same for row-major rows.
std::vector<double> Probabilities(const Forest& forest, std::span<const float> rows);

}  // namespace edgewise::train
