#include "onnx_graph.h"

#include <bit>
#include <cmath>
#include <numeric>

// Field numbers are those of onnx.proto; each function names its message.
namespace edgewise::bench {
namespace {

constexpr std::uint64_t kFloatElement = 1;

// AttributeProto: name 1, ints 8, type 20 (INTS 7).
ProtoBytes Integers(std::string_view name, std::span<const std::int64_t> values) {
  ProtoBytes attribute;
  attribute.Text(1, name);
  for (const auto value : values) attribute.Integer(8, static_cast<std::uint64_t>(value));
  return attribute.Integer(20, 7);
}

// ValueInfoProto: name 1, type 2; TypeProto: tensor 1; Tensor: elem_type 1, shape 2; Shape: dim 1; Dim: value 1, name 2.
ProtoBytes Described(std::string_view name, std::span<const std::int64_t> shape) {
  ProtoBytes axes;
  axes.Inside(1, ProtoBytes().Text(2, "N"));
  for (const auto axis : shape) axes.Inside(1, ProtoBytes().Integer(1, static_cast<std::uint64_t>(axis)));
  return ProtoBytes().Text(1, name).Inside(2, ProtoBytes().Inside(1, ProtoBytes().Integer(1, kFloatElement).Inside(2, axes)));
}

}  // namespace

ProtoBytes& ProtoBytes::Integer(int field, std::uint64_t value) {
  Varint(static_cast<std::uint64_t>(field) << 3);
  Varint(value);
  return *this;
}

ProtoBytes& ProtoBytes::Text(int field, std::string_view text) {
  Varint(static_cast<std::uint64_t>(field) << 3 | 2);
  Varint(text.size());
  bytes_.append(text);
  return *this;
}

void ProtoBytes::Varint(std::uint64_t value) {
  for (; value > 127; value >>= 7) bytes_ += static_cast<char>(value | 128);
  bytes_ += static_cast<char>(value);
}

OnnxGraph::OnnxGraph(std::string_view input, std::vector<std::int64_t> shape) : input_(input), last_(input), shape_(std::move(shape)) {}

void OnnxGraph::Dense(std::int64_t inputs, std::int64_t outputs) {
  Add("Gemm", {Weights({inputs, outputs}, inputs), Weights({outputs}, inputs)}, {});
}

void OnnxGraph::Convolution(std::int64_t inputs, std::int64_t outputs) {
  const std::vector<std::int64_t> border(4, 1);
  Add("Conv", {Weights({outputs, inputs, 3, 3}, 9 * inputs), Weights({outputs}, 9 * inputs)}, {Integers("pads", border)});
}

void OnnxGraph::HalveSize() {
  const std::vector<std::int64_t> two(2, 2);
  Add("MaxPool", {}, {Integers("kernel_shape", two), Integers("strides", two)});
}

/// Small enough that the signal neither dies nor grows through the layers.
std::string OnnxGraph::Weights(const std::vector<std::int64_t>& shape, std::int64_t inputs) {
  const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const auto scale = std::sqrt(6.0F / static_cast<float>(inputs));
  std::string raw;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = scale * (static_cast<float>(random_() >> 8) / static_cast<float>(1 << 23) - 1);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) raw += static_cast<char>(bits >> shift);
  }
  auto name = "weights" + std::to_string(names_++);
  // TensorProto: dims 1, data_type 2, name 8, raw_data 9. GraphProto: initializer 5.
  ProtoBytes tensor;
  for (const auto axis : shape) tensor.Integer(1, static_cast<std::uint64_t>(axis));
  graph_.Inside(5, tensor.Integer(2, kFloatElement).Text(8, name).Text(9, raw));
  return name;
}

// NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. GraphProto: node 1.
void OnnxGraph::Add(std::string_view operation, const std::vector<std::string>& weights, const std::vector<ProtoBytes>& attributes) {
  ProtoBytes node;
  node.Text(1, last_);
  for (const auto& name : weights) node.Text(1, name);
  last_ = "value" + std::to_string(names_++);
  node.Text(2, last_).Text(3, last_).Text(4, operation);
  for (const auto& attribute : attributes) node.Inside(5, attribute);
  graph_.Inside(1, node);
}

// GraphProto: name 2, input 11, output 12. ModelProto: ir_version 1, producer 2, graph 7, opset_import 8.
std::string OnnxGraph::bytes(std::string_view output, std::int64_t outputs) {
  graph_.Inside(1, ProtoBytes().Text(1, last_).Text(2, output).Text(3, output).Text(4, "Softmax"));
  graph_.Text(2, "edgewise").Inside(11, Described(input_, shape_)).Inside(12, Described(output, {{outputs}}));
  ProtoBytes model;
  model.Integer(1, 8).Text(2, "edgewise-bench").Inside(7, graph_).Inside(8, ProtoBytes().Text(1, "").Integer(2, 17));
  return model.bytes();
}

}  // namespace edgewise::bench
