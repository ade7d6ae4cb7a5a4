#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::score::detail {

/// How a branch compares a feature with its threshold; the first child is taken where it holds.
enum class TreeMode : std::uint8_t { kLeaf, kLessOrEqual, kLess, kGreaterOrEqual, kGreater, kEqual, kNotEqual, kOther };

/// One node; children are places in OnnxTrees::nodes.
struct TreeNode {
  TreeMode mode = TreeMode::kLeaf;
  bool missing_true = false;  ///< NaN takes the first child.
  std::int64_t feature = 0;
  float threshold = 0;
  std::size_t yes = 0;
  std::size_t no = 0;
};

/// What a leaf adds to a target or class.
struct TreeWeight {
  std::size_t node = 0;
  std::int64_t target = 0;
  float weight = 0;
};

/// A TreeEnsembleClassifier or TreeEnsembleRegressor of ai.onnx.ml 1 to 4 with float32 thresholds.
struct OnnxTrees {
  bool classifier = false;
  std::vector<TreeNode> nodes;
  std::vector<std::size_t> roots;  ///< The first node of each tree, in the file's order.
  std::vector<TreeWeight> weights;
  std::vector<float> base_values;
  std::vector<std::int64_t> labels;  ///< Empty where they are strings.
  std::size_t string_labels = 0;
  std::int64_t targets = 1;
  std::string_view post_transform = "NONE";
  std::string_view aggregate = "SUM";
  bool doubles = false;  ///< Some values are a tensor of float64 instead; they are not read.
};

/// Reads the attributes of such a node and holds them against each other: lists of one length, children and features that exist, no node
/// with two parents, no tree deeper than `most_depth`. ONNX Runtime 1.28 overruns its stack or its memory on some of what is refused.
/// Errors: kInvalidArgument (names what is wrong), kResourceExhausted (too deep).
Result<OnnxTrees> ReadOnnxTrees(std::string_view op, const std::vector<std::string_view>& attributes, std::size_t most_depth);

/// The same for a TreeEnsemble of ai.onnx.ml 5, of which nothing is read.
Result<void> CheckOnnxTreeRoots(const std::vector<std::string_view>& attributes, std::size_t most_depth);

}  // namespace edgewise::score::detail
