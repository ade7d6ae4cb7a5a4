#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgewise::score::test {

/// A protobuf message, written field by field: ONNX for tests, whole or broken on purpose.
class Proto {
 public:
  Proto& Integer(int field, std::uint64_t value) {
    Varint(static_cast<std::uint64_t>(field) << 3U);
    Varint(value);
    return *this;
  }
  Proto& Text(int field, std::string_view text) {
    Varint(static_cast<std::uint64_t>(field) << 3U | 2U);
    Varint(text.size());
    bytes_.append(text);
    return *this;
  }
  Proto& Inside(int field, const Proto& message) { return Text(field, message.bytes_); }
  Proto& Raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  Proto& Varint(std::uint64_t value) {
    for (; value > 127; value >>= 7U) bytes_ += static_cast<char>(value | 128U);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// TensorProto.DataType.
enum Element : std::uint8_t { kFloat = 1, kInt64 = 7, kString = 8, kBool = 9, kFloat16 = 10, kDouble = 11 };

/// An axis of a ValueInfoProto: a number; a name; or nothing said.
struct Axis {
  std::int64_t size = -1;
  std::string name;
};
inline Axis Rows() { return {.name = "N"}; }
inline Axis Fixed(std::int64_t size) { return {.size = size, .name = ""}; }

/// TypeProto: tensor 1 {elem_type 1, shape 2}; TensorShapeProto: dim 1 {value 1, name 2}. No axes: no rank.
inline Proto TensorType(int element, const std::optional<std::vector<Axis>>& axes) {
  Proto tensor;
  tensor.Integer(1, static_cast<std::uint64_t>(element));
  if (axes) {
    Proto shape;
    for (const auto& axis : *axes) {
      Proto dim;
      if (axis.size >= 0) dim.Integer(1, static_cast<std::uint64_t>(axis.size));
      if (!axis.name.empty()) dim.Text(2, axis.name);
      shape.Inside(1, dim);
    }
    tensor.Inside(2, shape);
  }
  return Proto().Inside(1, tensor);
}

/// ValueInfoProto: name 1, type 2.
inline Proto Value(std::string_view name, int element, const std::optional<std::vector<Axis>>& axes) {
  return Proto().Text(1, name).Inside(2, TensorType(element, axes));
}

/// AttributeProto: name 1, i 3, t 5, g 6, ints 8, type 20 (INT 2, TENSOR 4, GRAPH 5, INTS 7).
inline Proto IntegerAttribute(std::string_view name, std::int64_t value) {
  return Proto().Text(1, name).Integer(3, static_cast<std::uint64_t>(value)).Integer(20, 2);
}
inline Proto TensorAttribute(std::string_view name, const Proto& tensor) { return Proto().Text(1, name).Inside(5, tensor).Integer(20, 4); }
inline Proto GraphAttribute(std::string_view name, const Proto& graph) { return Proto().Text(1, name).Inside(6, graph).Integer(20, 5); }

/// TensorProto: dims 1, data_type 2, name 8, raw_data 9.
inline Proto Tensor(std::string_view name, int element, const std::vector<std::int64_t>& dims, std::string_view raw) {
  Proto tensor;
  for (const auto dim : dims) tensor.Integer(1, static_cast<std::uint64_t>(dim));
  return tensor.Integer(2, static_cast<std::uint64_t>(element)).Text(8, name).Text(9, raw);
}

/// NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7.
inline Proto Node(std::string_view op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                  const std::vector<Proto>& attributes = {}, std::string_view domain = "") {
  Proto node;
  for (const auto& input : inputs) node.Text(1, input);
  for (const auto& output : outputs) node.Text(2, output);
  node.Text(4, op);
  for (const auto& attribute : attributes) node.Inside(5, attribute);
  if (!domain.empty()) node.Text(7, domain);
  return node;
}

/// GraphProto: node 1, name 2, initializer 5, input 11, output 12.
struct Graph {
  std::vector<Proto> nodes;
  std::vector<Proto> inputs;
  std::vector<Proto> outputs;
  std::vector<Proto> initializers;

  Proto Message() const {
    Proto graph;
    for (const auto& node : nodes) graph.Inside(1, node);
    graph.Text(2, "made");
    for (const auto& tensor : initializers) graph.Inside(5, tensor);
    for (const auto& input : inputs) graph.Inside(11, input);
    for (const auto& output : outputs) graph.Inside(12, output);
    return graph;
  }
};

/// OperatorSetIdProto: domain 1, version 2.
inline Proto OperatorSet(std::string_view domain, std::uint64_t version) { return Proto().Text(1, domain).Integer(2, version); }

/// ModelProto: ir_version 1, graph 7, opset_import 8.
inline std::string Model(const Proto& graph, const std::vector<Proto>& opsets = {OperatorSet("", 17), OperatorSet("ai.onnx.ml", 3)}) {
  Proto model;
  model.Integer(1, 8).Inside(7, graph);
  for (const auto& opset : opsets) model.Inside(8, opset);
  return model.bytes();
}
inline std::string Model(const Graph& graph) { return Model(graph.Message()); }

}  // namespace edgewise::score::test
