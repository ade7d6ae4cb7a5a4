#pragma once

#include <bit>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "score/made_graph_test.h"

namespace edgewise::score::test {

/// A single node of trees, as converters write them.
struct MadeTrees {
  bool classifier = true;
  std::string mode = "BRANCH_LEQ";
  std::string aggregate = "SUM";
  std::size_t trees = 20;
  std::size_t depth = 5;
  std::size_t width = 6;
  float base = 0.125F;
  unsigned seed = 1;
  float least = -1;  ///< Of a leaf's weight; the most is 1.
};

/// The lists of attributes, filled tree by tree.
class TreeLists {
 public:
  explicit TreeLists(const MadeTrees& made) : made_(made), random_(made.seed) {
    for (std::size_t tree = 0; tree < made.trees; ++tree) {
      next_ = 0;
      Grow(static_cast<std::int64_t>(tree), made.depth);
    }
  }

  std::vector<Proto> Attributes() const {
    const std::string prefix = made_.classifier ? "class" : "target";
    std::vector<Proto> all{Integers("nodes_treeids", trees_),
                           Integers("nodes_nodeids", nodes_),
                           Integers("nodes_featureids", features_),
                           Integers("nodes_truenodeids", yes_),
                           Integers("nodes_falsenodeids", no_),
                           Integers("nodes_missing_value_tracks_true", missing_),
                           Integers(prefix + "_treeids", leaf_trees_),
                           Integers(prefix + "_nodeids", leaf_nodes_),
                           Floats("nodes_values", values_),
                           Floats(prefix + "_weights", weights_),
                           Floats("base_values", {made_.base}),
                           Integers(prefix + "_ids", std::vector<std::int64_t>(weights_.size()))};
    Proto modes;
    modes.Text(1, "nodes_modes");
    for (const auto& mode : modes_) modes.Text(9, mode);
    all.push_back(modes.Integer(20, 8));
    if (made_.classifier) {
      all.push_back(Integers("classlabels_int64s", {3, 8}));
      all.push_back(Proto().Text(1, "post_transform").Text(4, "LOGISTIC").Integer(20, 3));
    } else {
      all.push_back(IntegerAttribute("n_targets", 1));
      all.push_back(Proto().Text(1, "aggregate_function").Text(4, made_.aggregate).Integer(20, 3));
    }
    return all;
  }

 private:
  static Proto Integers(std::string_view name, const std::vector<std::int64_t>& values) {
    Proto packed;
    for (const auto value : values) packed.Varint(static_cast<std::uint64_t>(value));
    return Proto().Text(1, name).Inside(8, packed).Integer(20, 7);
  }
  static Proto Floats(std::string_view name, const std::vector<float>& values) {
    const std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    return Proto().Text(1, name).Text(7, raw).Integer(20, 6);
  }
  float Number(float least) { return least + (1 - least) * static_cast<float>(random_() % 4096) / 4096; }

  std::int64_t Grow(std::int64_t tree, std::size_t levels) {
    const auto id = next_++;
    const std::size_t at = nodes_.size();
    const bool leaf = levels == 0 || (levels < made_.depth && random_() % 8 == 0);
    trees_.push_back(tree);
    nodes_.push_back(id);
    features_.push_back(leaf ? 0 : static_cast<std::int64_t>(random_() % made_.width));
    values_.push_back(leaf ? 0 : Number(-1) * 3);
    missing_.push_back(static_cast<std::int64_t>(random_() % 2));
    modes_.push_back(leaf ? "LEAF" : made_.mode);
    yes_.push_back(0);
    no_.push_back(0);
    if (leaf) {
      leaf_trees_.push_back(tree);
      leaf_nodes_.push_back(id);
      weights_.push_back(Number(made_.least));
    } else {
      yes_[at] = Grow(tree, levels - 1);
      no_[at] = Grow(tree, levels - 1);
    }
    return id;
  }

  const MadeTrees& made_;
  std::mt19937 random_;
  std::int64_t next_ = 0;
  std::vector<std::int64_t> trees_, nodes_, features_, yes_, no_, missing_, leaf_trees_, leaf_nodes_;
  std::vector<float> values_, weights_;
  std::vector<std::string> modes_;
};

inline std::string TreesOnnx(const MadeTrees& made) {
  const std::vector<Axis> table{Rows(), Fixed(static_cast<std::int64_t>(made.width))};
  Graph graph{.nodes = {}, .inputs = {Value("x", kFloat, table)}, .outputs = {}, .initializers = {}};
  const auto attributes = TreeLists(made).Attributes();
  if (made.classifier) {
    graph.nodes = {Node("TreeEnsembleClassifier", {"x"}, {"label", "probabilities"}, attributes, "ai.onnx.ml")};
    graph.outputs = {Value("label", kInt64, std::vector<Axis>{Rows()}),
                     Value("probabilities", kFloat, std::vector<Axis>{Rows(), Fixed(2)})};
  } else {
    graph.nodes = {Node("TreeEnsembleRegressor", {"x"}, {"variable"}, attributes, "ai.onnx.ml")};
    graph.outputs = {Value("variable", kFloat, std::vector<Axis>{Rows(), Fixed(1)})};
  }
  return Model(graph);
}

}  // namespace edgewise::score::test
