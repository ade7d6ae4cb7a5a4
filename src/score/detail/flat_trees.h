#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "score/detail/onnx_trees.h"

namespace edgewise::score::detail {

/// Trees of one sum in one flat array, walked several at a time: the sums of leaves that ONNX Runtime computes, bit for bit.
/// Immutable. Threads: any number. The decision and its figures: docs/decisions.
class FlatTrees {
 public:
  /// Nothing where a tree needs more than this walks: modes other than < and <=, several weights a leaf, features beyond `width`.
  static std::optional<FlatTrees> Make(const OnnxTrees& trees, std::size_t width);

  /// sums[i] = sum of the leaves that row i reaches, in the trees' order, in float32. `rows`: row-major [sums.size(), width].
  void Sum(std::span<const float> rows, std::span<float> sums) const;
  std::size_t bytes() const { return nodes_.size() * sizeof(Node); }

 private:
  /// Children are places in nodes_; a leaf is its own child, and its threshold is its weight.
  struct Node {
    float threshold = 0;
    std::uint32_t feature = 0;           // the highest bit: NaN takes the first child
    std::uint32_t children[2] = {0, 0};  // [0] where the feature is above the threshold
  };
  static constexpr std::size_t kTogether = 8;  // trees walked in step: enough to hide what a step waits for

  void AddTree(const OnnxTrees& trees, std::size_t root, std::span<const float> weights);
  void SumBlock(std::size_t first, std::span<const float> rows, std::span<float> sums) const;

  std::size_t width_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;   // a multiple of kTogether: the last block is filled up with an empty leaf
  std::vector<std::uint32_t> depths_;  // of each block: steps until each of its trees has reached a leaf
  std::size_t trees_ = 0;
};

}  // namespace edgewise::score::detail
