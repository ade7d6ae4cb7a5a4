#include "train/forest.h"

#include <fmt/format.h>

#include <cmath>

#include "base/check.h"

namespace edgewise::train {
namespace {

bool LiesBehind(std::int32_t child, std::size_t parent, std::size_t nodes) {
  return child >= 0 && static_cast<std::size_t>(child) > parent && static_cast<std::size_t>(child) < nodes;
}

bool IsTree(const std::vector<Node>& nodes, std::size_t columns) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (!std::isfinite(node.value)) return false;
    if (node.leaf()) continue;
    if (!LiesBehind(node.left, i, nodes.size()) || !LiesBehind(node.right, i, nodes.size())) return false;
    if (node.feature < 0 || static_cast<std::size_t>(node.feature) >= columns) return false;
  }
  return !nodes.empty();
}

float LeafOf(const std::vector<Node>& nodes, std::span<const float> row) {
  const auto* node = nodes.data();
  while (!node->leaf()) {
    const float value = row[static_cast<std::size_t>(node->feature)];
    const bool left = std::isnan(value) ? node->missing_left : value < node->value;
    node = &nodes[static_cast<std::size_t>(left ? node->left : node->right)];
  }
  return node->value;
}

}  // namespace

Result<void> Check(const Forest& forest) {
  if (forest.columns == 0) return Fail(Code::kInvalidArgument, "forest: no input columns");
  for (std::size_t i = 0; i < forest.trees.size(); ++i) {
    if (!IsTree(forest.trees[i], forest.columns)) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("forest: tree {} has a node that points outside the tree, its columns or the numbers", i));
    }
  }
  return {};
}

float Probability(const Forest& forest, std::span<const float> row) {
  EDGEWISE_CHECK(row.size() == forest.columns);
  float margin = forest.base_margin;
  for (const auto& tree : forest.trees) margin += LeafOf(tree, row);
  return 1 / (1 + std::exp(-margin));
}

std::vector<double> Probabilities(const Forest& forest, std::span<const float> rows) {
  EDGEWISE_CHECK(rows.size() % forest.columns == 0);
  std::vector<double> probabilities;
  probabilities.reserve(rows.size() / forest.columns);
  for (std::size_t at = 0; at < rows.size(); at += forest.columns)
    probabilities.push_back(Probability(forest, rows.subspan(at, forest.columns)));
  return probabilities;
}

}  // namespace edgewise::train
