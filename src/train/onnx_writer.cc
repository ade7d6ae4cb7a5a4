#include "train/onnx_writer.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

// The protobuf wire format by hand: libprotobuf promises no byte order of its own, and our digest needs one. Field numbers are those of
// onnx.proto; each function names its message.
namespace edgewise::train {
namespace {

constexpr int kFloatElement = 1;

class Message {
 public:
  Message& Integer(int field, std::uint64_t value) {
    Key(field, 0);
    Varint(value);
    return *this;
  }
  Message& Text(int field, std::string_view text) {
    Key(field, 2);
    Varint(text.size());
    bytes_.append(text);
    return *this;
  }
  Message& Inside(int field, const Message& message) { return Text(field, message.bytes_); }
  Message& Floats(int field, std::span<const float> values) {
    Key(field, 2);
    Varint(values.size() * 4);
    for (const float value : values) Float(value);
    return *this;
  }
  Message& Integers(int field, std::span<const std::int64_t> values) {
    Message packed;
    for (const auto value : values) packed.Varint(static_cast<std::uint64_t>(value));
    return Inside(field, packed);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void Key(int field, unsigned wire_type) { Varint(static_cast<std::uint64_t>(field) << 3 | wire_type); }
  void Varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes_ += static_cast<char>(value | 128);
    bytes_ += static_cast<char>(value);
  }
  void Float(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift);
  }

  std::string bytes_;
};

// AttributeProto: name 1, s 4, floats 7, ints 8, strings 9, type 20 (STRING 3, FLOATS 6, INTS 7, STRINGS 8).
Message Attribute(std::string_view name, std::span<const float> values) { return Message().Text(1, name).Floats(7, values).Integer(20, 6); }
Message Attribute(std::string_view name, std::span<const std::int64_t> values) {
  return Message().Text(1, name).Integers(8, values).Integer(20, 7);
}
Message Attribute(std::string_view name, std::string_view text) { return Message().Text(1, name).Text(4, text).Integer(20, 3); }
Message Attribute(std::string_view name, const std::vector<std::string_view>& texts) {
  Message message;
  message.Text(1, name);
  for (const auto text : texts) message.Text(9, text);
  return message.Integer(20, 8);
}

/// The columns of TreeEnsembleClassifier's attributes: one entry a node, one more a leaf.
struct Columns {
  std::vector<std::int64_t> tree, node, feature, left, right, missing_left, leaf_tree, leaf_node, leaf_class;
  std::vector<float> threshold, leaf_weight;
  std::vector<std::string_view> mode;

  void Add(std::int64_t tree_index, std::int64_t node_index, const Node& entry) {
    const bool leaf = entry.leaf();
    tree.push_back(tree_index);
    node.push_back(node_index);
    feature.push_back(leaf ? 0 : entry.feature);
    left.push_back(leaf ? 0 : entry.left);
    right.push_back(leaf ? 0 : entry.right);
    missing_left.push_back(!leaf && entry.missing_left ? 1 : 0);
    threshold.push_back(leaf ? 0 : entry.value);
    mode.emplace_back(leaf ? "LEAF" : "BRANCH_LT");
    if (!leaf) return;
    leaf_tree.push_back(tree_index);
    leaf_node.push_back(node_index);
    leaf_class.push_back(0);  // with two labels and one class of weights, the sum is the margin of the second label
    leaf_weight.push_back(entry.value);
  }
};

Columns ColumnsOf(const Forest& forest) {
  Columns columns;
  for (std::size_t tree = 0; tree < forest.trees.size(); ++tree) {
    for (std::size_t node = 0; node < forest.trees[tree].size(); ++node) {
      columns.Add(static_cast<std::int64_t>(tree), static_cast<std::int64_t>(node), forest.trees[tree][node]);
    }
  }
  return columns;
}

// NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7.
Message ClassifierNode(const Forest& forest) {
  const auto columns = ColumnsOf(forest);
  const std::vector<float> base{forest.base_margin};
  const std::vector<std::int64_t> labels{0, 1};
  Message node;
  node.Text(1, "features").Text(2, "label").Text(2, "probabilities").Text(3, "trees").Text(4, "TreeEnsembleClassifier");
  for (const auto& attribute :
       {Attribute("nodes_treeids", columns.tree), Attribute("nodes_nodeids", columns.node), Attribute("nodes_featureids", columns.feature),
        Attribute("nodes_modes", columns.mode), Attribute("nodes_values", columns.threshold), Attribute("nodes_truenodeids", columns.left),
        Attribute("nodes_falsenodeids", columns.right), Attribute("nodes_missing_value_tracks_true", columns.missing_left),
        Attribute("base_values", base), Attribute("class_treeids", columns.leaf_tree), Attribute("class_nodeids", columns.leaf_node),
        Attribute("class_ids", columns.leaf_class), Attribute("class_weights", columns.leaf_weight),
        Attribute("classlabels_int64s", labels), Attribute("post_transform", std::string_view("LOGISTIC"))}) {
    node.Inside(5, attribute);
  }
  return node.Text(7, "ai.onnx.ml");
}

// ValueInfoProto: name 1, type 2; TypeProto: tensor 1; Tensor: elem_type 1, shape 2; Shape: dim 1; Dim: value 1, name 2.
Message FloatTensor(std::string_view name, std::size_t width) {
  Message shape;
  shape.Inside(1, Message().Text(2, "N")).Inside(1, Message().Integer(1, width));
  return Message().Text(1, name).Inside(2, Message().Inside(1, Message().Integer(1, kFloatElement).Inside(2, shape)));
}

Message OperatorSet(std::string_view domain, std::uint64_t version) { return Message().Text(1, domain).Integer(2, version); }

}  // namespace

// GraphProto: node 1, name 2, input 11, output 12. ModelProto: ir_version 1, producer 2, graph 7, opset_import 8.
std::string WriteOnnx(const Forest& forest) {
  Message graph;
  graph.Inside(1, ClassifierNode(forest)).Text(2, "edgewise");
  graph.Inside(11, FloatTensor("features", forest.columns)).Inside(12, FloatTensor("probabilities", 2));
  Message model;
  model.Integer(1, 8).Text(2, "edgewise").Inside(7, graph).Inside(8, OperatorSet("", 17)).Inside(8, OperatorSet("ai.onnx.ml", 3));
  return model.bytes();
}

}  // namespace edgewise::train
