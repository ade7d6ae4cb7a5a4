#include "score/detail/onnx_trees.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "score/detail/onnx_attribute.h"

namespace edgewise::score::detail {
namespace {

constexpr std::int64_t kMostTargets = 1'000'000;  // every row of an answer has as many numbers

std::unexpected<Error> Refuse(std::string_view why) {
  return Fail(Code::kInvalidArgument, fmt::format("the ONNX model cannot be loaded: its tree ensemble {}", why));
}

/// The attributes by name; an empty one where there is none.
class Attributes {
 public:
  static Result<Attributes> Read(const std::vector<std::string_view>& messages) {
    Attributes all;
    for (const auto message : messages) {
      auto attribute = ReadOnnxAttribute(message);
      if (!attribute) return Refuse("is damaged");
      const auto name = attribute->name;
      if (!all.by_name_.emplace(name, std::move(*attribute)).second) return Refuse(fmt::format("says \"{}\" twice", name.substr(0, 100)));
    }
    return all;
  }
  const OnnxAttribute& At(std::string_view name) const {
    static const OnnxAttribute kNone;
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? kNone : found->second;
  }
  bool AnyTensor() const {
    return std::ranges::any_of(by_name_, [](const auto& entry) { return entry.second.tensor; });
  }

 private:
  std::map<std::string_view, OnnxAttribute> by_name_;
};

TreeMode ModeOf(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TreeMode>, 7> kModes{{{"LEAF", TreeMode::kLeaf},
                                                                                {"BRANCH_LEQ", TreeMode::kLessOrEqual},
                                                                                {"BRANCH_LT", TreeMode::kLess},
                                                                                {"BRANCH_GTE", TreeMode::kGreaterOrEqual},
                                                                                {"BRANCH_GT", TreeMode::kGreater},
                                                                                {"BRANCH_EQ", TreeMode::kEqual},
                                                                                {"BRANCH_NEQ", TreeMode::kNotEqual}}};
  const auto* const found = std::ranges::find(kModes, name, &std::pair<std::string_view, TreeMode>::first);
  return found == kModes.end() ? TreeMode::kOther : found->second;
}

/// Where a node of a tree lies, by the two numbers that the file gives it.
class Places {
 public:
  Result<void> Fill(const std::vector<std::int64_t>& trees, const std::vector<std::int64_t>& nodes) {
    by_id_.reserve(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!by_id_.emplace(std::pair(trees[i], nodes[i]), i).second)
        return Refuse(fmt::format("has node {} of tree {} twice", nodes[i], trees[i]));
    }
    return {};
  }
  Result<std::size_t> Find(std::int64_t tree, std::int64_t node) const {
    const auto found = by_id_.find({tree, node});
    if (found == by_id_.end()) return Refuse(fmt::format("has no node {} of tree {}", node, tree));
    return found->second;
  }

 private:
  struct Hash {
    std::size_t operator()(const std::pair<std::int64_t, std::int64_t>& id) const {
      return static_cast<std::size_t>(id.first) * 0x9E3779B97F4A7C15U ^ static_cast<std::size_t>(id.second);
    }
  };
  std::unordered_map<std::pair<std::int64_t, std::int64_t>, std::size_t, Hash> by_id_;
};

Result<void> CheckLengths(const Attributes& attributes, std::size_t nodes) {
  for (const auto* const name : {"nodes_treeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"}) {
    const std::size_t size = attributes.At(name).integers.size();
    if (size != nodes) return Refuse(fmt::format("has {} numbers in {}, {} in nodes_nodeids", size, name, nodes));
  }
  if (attributes.At("nodes_modes").texts.size() != nodes) return Refuse("has another number of nodes_modes than of nodes_nodeids");
  const auto& values = attributes.At("nodes_values").floats;
  if (values.size() != nodes && !attributes.AnyTensor()) return Refuse("has another number of nodes_values than of nodes_nodeids");
  const auto& missing = attributes.At("nodes_missing_value_tracks_true").integers;
  if (!missing.empty() && missing.size() != nodes) return Refuse("has too few or too many nodes_missing_value_tracks_true");
  return {};
}

Result<void> ReadNodes(const Attributes& attributes, const Places& places, OnnxTrees& trees) {
  const auto& tree_ids = attributes.At("nodes_treeids").integers;
  const auto& features = attributes.At("nodes_featureids").integers;
  const auto& modes = attributes.At("nodes_modes").texts;
  const auto& values = attributes.At("nodes_values").floats;
  const auto& missing = attributes.At("nodes_missing_value_tracks_true").integers;
  trees.nodes.resize(tree_ids.size());
  for (std::size_t i = 0; i < trees.nodes.size(); ++i) {
    auto& node = trees.nodes[i];
    node.mode = ModeOf(modes[i]);
    node.feature = features[i];
    if (i < values.size()) node.threshold = values[i];
    node.missing_true = !missing.empty() && missing[i] != 0;
    if (node.feature < 0) return Refuse(fmt::format("asks for feature {}", node.feature));
    if (node.mode == TreeMode::kLeaf) continue;
    EDGEWISE_ASSIGN(node.yes, places.Find(tree_ids[i], attributes.At("nodes_truenodeids").integers[i]));
    EDGEWISE_ASSIGN(node.no, places.Find(tree_ids[i], attributes.At("nodes_falsenodeids").integers[i]));
  }
  return {};
}

/// Finds the roots, and walks each tree from its root. A node that no root leads to is part of a circle.
Result<void> Walk(OnnxTrees& trees, std::size_t most_depth) {
  std::vector<bool> child(trees.nodes.size());
  for (const auto& node : trees.nodes) {
    if (node.mode == TreeMode::kLeaf) continue;
    for (const auto place : {node.yes, node.no}) {
      if (child[place]) return Refuse("has a node with two parents");
      child[place] = true;
    }
  }
  std::size_t reached = 0;
  std::vector<std::pair<std::size_t, std::size_t>> open;  // place, depth
  for (std::size_t i = 0; i < trees.nodes.size(); ++i) {
    if (child[i]) continue;
    trees.roots.push_back(i);
    open.emplace_back(i, 1);
    while (!open.empty()) {
      const auto [place, depth] = open.back();
      open.pop_back();
      ++reached;
      if (trees.nodes[place].mode == TreeMode::kLeaf) continue;
      if (depth > most_depth) {
        return Fail(Code::kResourceExhausted,
                    fmt::format("the ONNX model cannot be loaded: it has a tree of more than {} levels", most_depth));
      }
      open.emplace_back(trees.nodes[place].yes, depth + 1);
      open.emplace_back(trees.nodes[place].no, depth + 1);
    }
  }
  return reached == trees.nodes.size() ? Result<void>() : Refuse("has nodes that lead in a circle");
}

Result<void> ReadWeights(const Attributes& attributes, const Places& places, OnnxTrees& trees) {
  const std::string prefix = trees.classifier ? "class" : "target";
  const auto& tree_ids = attributes.At(prefix + "_treeids").integers;
  const auto& node_ids = attributes.At(prefix + "_nodeids").integers;
  const auto& targets = attributes.At(prefix + "_ids").integers;
  const auto& weights = attributes.At(prefix + "_weights").floats;
  if (tree_ids.size() != node_ids.size() || targets.size() != node_ids.size() || (weights.size() != node_ids.size() && !trees.doubles)) {
    return Refuse(fmt::format("has lists of different lengths in {}_*", prefix));
  }
  for (std::size_t i = 0; i < node_ids.size(); ++i) {
    TreeWeight weight{.node = 0, .target = targets[i], .weight = i < weights.size() ? weights[i] : 0};
    EDGEWISE_ASSIGN(weight.node, places.Find(tree_ids[i], node_ids[i]));
    if (weight.target < 0 || weight.target >= trees.targets) {
      return Refuse(fmt::format("has a leaf of {} {}, of {}", prefix, weight.target, trees.targets));
    }
    trees.weights.push_back(weight);
  }
  return {};
}

}  // namespace

Result<OnnxTrees> ReadOnnxTrees(std::string_view op, const std::vector<std::string_view>& messages, std::size_t most_depth) {
  EDGEWISE_ASSIGN(const auto attributes, Attributes::Read(messages));
  OnnxTrees trees;
  trees.classifier = op == "TreeEnsembleClassifier";
  trees.doubles = attributes.AnyTensor();
  trees.base_values = attributes.At("base_values").floats;
  trees.labels = attributes.At("classlabels_int64s").integers;
  trees.string_labels = attributes.At("classlabels_strings").texts.size();
  const auto labels = static_cast<std::int64_t>(std::max(trees.labels.size(), trees.string_labels));
  trees.targets = trees.classifier ? std::max<std::int64_t>(labels, 1) : std::max<std::int64_t>(attributes.At("n_targets").integer, 1);
  if (trees.targets > kMostTargets) return Refuse(fmt::format("has {} targets, at most {}", trees.targets, kMostTargets));
  if (const auto text = attributes.At("post_transform").text; !text.empty()) trees.post_transform = text;
  if (const auto text = attributes.At("aggregate_function").text; !text.empty()) trees.aggregate = text;
  const auto& nodes = attributes.At("nodes_nodeids").integers;
  EDGEWISE_TRY(CheckLengths(attributes, nodes.size()));
  Places places;
  EDGEWISE_TRY(places.Fill(attributes.At("nodes_treeids").integers, nodes));
  EDGEWISE_TRY(ReadNodes(attributes, places, trees));
  EDGEWISE_TRY(Walk(trees, most_depth));
  EDGEWISE_TRY(ReadWeights(attributes, places, trees));
  return trees;
}

}  // namespace edgewise::score::detail
