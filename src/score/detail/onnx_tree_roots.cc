#include <fmt/format.h>

#include <utility>

#include "score/detail/onnx_attribute.h"
#include "score/detail/onnx_trees.h"

namespace edgewise::score::detail {
namespace {

std::unexpected<Error> Refuse(std::string_view why) {
  return Fail(Code::kInvalidArgument, fmt::format("the ONNX model cannot be loaded: its tree ensemble {}", why));
}

/// The attributes that say how nodes and leaves hang together.
struct Branches {
  std::vector<std::int64_t> features, roots, yes, yes_leaf, no, no_leaf, leaf_targets;
};

Result<Branches> ReadBranches(const std::vector<std::string_view>& messages) {
  Branches branches;
  for (const auto message : messages) {
    auto attribute = ReadOnnxAttribute(message);
    if (!attribute) return Refuse("is damaged");
    const std::pair<std::string_view, std::vector<std::int64_t>*> places[] = {
        {"nodes_featureids", &branches.features},  {"tree_roots", &branches.roots},  {"nodes_trueids", &branches.yes},
        {"nodes_trueleafs", &branches.yes_leaf},   {"nodes_falseids", &branches.no}, {"nodes_falseleafs", &branches.no_leaf},
        {"leaf_targetids", &branches.leaf_targets}};
    for (const auto& [name, place] : places) {
      if (name == attribute->name) *place = std::move(attribute->integers);
    }
  }
  const std::size_t nodes = branches.features.size();
  for (const auto* list : {&branches.yes, &branches.yes_leaf, &branches.no, &branches.no_leaf}) {
    if (list->size() != nodes) return Refuse("has lists of different lengths");
  }
  return branches;
}

bool Below(std::int64_t value, std::size_t limit) { return value >= 0 && static_cast<std::size_t>(value) < limit; }

}  // namespace

Result<void> CheckOnnxTreeRoots(const std::vector<std::string_view>& attributes, std::size_t most_depth) {
  EDGEWISE_ASSIGN(const auto branches, ReadBranches(attributes));
  const std::size_t nodes = branches.features.size();
  std::size_t visits = 0;
  std::vector<std::pair<std::int64_t, std::size_t>> open;  // node, depth
  for (const auto feature : branches.features) {
    if (feature < 0) return Refuse(fmt::format("asks for feature {}", feature));
  }
  for (const auto root : branches.roots) {
    open.emplace_back(root, 1);
    while (!open.empty()) {
      const auto [node, depth] = open.back();
      open.pop_back();
      if (!Below(node, nodes)) return Refuse(fmt::format("has no node {}", node));
      if (++visits > nodes + branches.roots.size()) return Refuse("has a node with two parents, or nodes that lead in a circle");
      if (depth > most_depth) {
        return Fail(Code::kResourceExhausted,
                    fmt::format("the ONNX model cannot be loaded: it has a tree of more than {} levels", most_depth));
      }
      const auto at = static_cast<std::size_t>(node);
      for (const auto& [child, leaf] :
           {std::pair(branches.yes[at], branches.yes_leaf[at]), std::pair(branches.no[at], branches.no_leaf[at])}) {
        if (leaf == 0) {
          open.emplace_back(child, depth + 1);
        } else if (!Below(child, branches.leaf_targets.size())) {
          return Refuse(fmt::format("has no leaf {}", child));
        }
      }
    }
  }
  return {};
}

}  // namespace edgewise::score::detail
