#include "score/detail/flat_trees.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace edgewise::score::detail {
namespace {

constexpr std::uint32_t kMissing = 1U << 31U;

bool Walks(TreeMode mode) { return mode == TreeMode::kLeaf || mode == TreeMode::kLessOrEqual || mode == TreeMode::kLess; }

/// The largest number below `threshold`: x < threshold is x <= that. NaN, which nothing is below, where there is none.
float Below(float threshold) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return threshold == -kInfinity ? std::numeric_limits<float>::quiet_NaN() : std::nextafter(threshold, -kInfinity);
}

/// The weight of each node; nothing if a leaf has two, or if they belong to several targets.
std::optional<std::vector<float>> WeightsOf(const OnnxTrees& trees) {
  std::vector<float> weights(trees.nodes.size());
  std::vector<bool> seen(trees.nodes.size());
  for (const auto& weight : trees.weights) {
    if (seen[weight.node] || weight.target != trees.weights[0].target) return std::nullopt;
    if (trees.nodes[weight.node].mode != TreeMode::kLeaf) return std::nullopt;
    seen[weight.node] = true;
    weights[weight.node] = weight.weight;
  }
  return weights;
}

}  // namespace

std::optional<FlatTrees> FlatTrees::Make(const OnnxTrees& trees, std::size_t width) {
  const auto walks = [&](const TreeNode& node) {
    return Walks(node.mode) && (node.mode == TreeMode::kLeaf || static_cast<std::size_t>(node.feature) < width);
  };
  if (trees.doubles || trees.nodes.size() >= kMissing / 2 || width >= kMissing || !std::ranges::all_of(trees.nodes, walks))
    return std::nullopt;
  const auto weights = WeightsOf(trees);
  if (!weights) return std::nullopt;
  FlatTrees flat;
  flat.width_ = width;
  flat.trees_ = trees.roots.size();
  flat.nodes_.reserve(trees.nodes.size() + 1);
  for (const auto root : trees.roots) flat.AddTree(trees, root, *weights);
  const auto none = static_cast<std::uint32_t>(flat.nodes_.size());
  flat.nodes_.push_back({.threshold = 0, .feature = 0, .children = {none, none}});
  while (flat.roots_.size() % kTogether != 0) flat.roots_.push_back(none);
  flat.depths_.resize(flat.roots_.size() / kTogether + 1);
  return flat;
}

/// In the order in which a walk meets them: the first steps of a tree lie in few lines of cache.
void FlatTrees::AddTree(const OnnxTrees& trees, std::size_t root, std::span<const float> weights) {
  std::vector<std::pair<std::size_t, std::uint32_t>> level{{root, static_cast<std::uint32_t>(nodes_.size())}};
  roots_.push_back(level[0].second);
  nodes_.emplace_back();
  const std::size_t block = (roots_.size() - 1) / kTogether;
  depths_.resize(block + 1);
  for (std::uint32_t depth = 0; !level.empty(); ++depth) {
    std::vector<std::pair<std::size_t, std::uint32_t>> next;
    for (const auto& [from, to] : level) {
      const auto& node = trees.nodes[from];
      if (node.mode == TreeMode::kLeaf) {
        nodes_[to] = {.threshold = weights[from], .feature = 0, .children = {to, to}};
        continue;
      }
      const auto yes = static_cast<std::uint32_t>(nodes_.size());
      nodes_.resize(nodes_.size() + 2);
      nodes_[to] = {.threshold = node.mode == TreeMode::kLess ? Below(node.threshold) : node.threshold,
                    .feature = static_cast<std::uint32_t>(node.feature) | (node.missing_true ? kMissing : 0),
                    .children = {yes + 1, yes}};
      next.emplace_back(node.yes, yes);
      next.emplace_back(node.no, yes + 1);
      depths_[block] = std::max(depths_[block], depth + 1);
    }
    level = std::move(next);
  }
}

void FlatTrees::Sum(std::span<const float> rows, std::span<float> sums) const {
  std::ranges::fill(sums, 0.0F);
  for (std::size_t first = 0; first < trees_; first += kTogether) SumBlock(first, rows, sums);
}

void FlatTrees::SumBlock(std::size_t first, std::span<const float> rows, std::span<float> sums) const {
  const std::uint32_t* const roots = roots_.data() + first;
  const Node* const nodes = nodes_.data();
  const std::uint32_t steps = depths_[first / kTogether];
  const std::size_t count = std::min(kTogether, trees_ - first);
  for (std::size_t row = 0; row < sums.size(); ++row) {
    const float* const values = rows.data() + row * width_;
    std::array<std::uint32_t, kTogether> at{};
    std::copy_n(roots, kTogether, at.begin());
    for (std::uint32_t step = 0; step < steps; ++step) {
#pragma GCC unroll 8
      for (std::size_t tree = 0; tree < kTogether; ++tree) {
        const Node& node = nodes[at[tree]];
        const float value = values[node.feature & ~kMissing];
        const bool missing = std::isnan(value) & ((node.feature & kMissing) != 0);
        at[tree] = node.children[static_cast<unsigned>(value <= node.threshold) | static_cast<unsigned>(missing)];
      }
    }
    float sum = sums[row];
    for (std::size_t tree = 0; tree < count; ++tree) sum += nodes[at[tree]].threshold;
    sums[row] = sum;
  }
}

}  // namespace edgewise::score::detail
