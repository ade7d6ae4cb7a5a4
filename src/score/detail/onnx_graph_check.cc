#include "score/detail/onnx_graph_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "score/detail/onnx_trees.h"
#include "score/tensor.h"

namespace edgewise::score::detail {
namespace {

using Kind = ProtoField::Kind;

std::unexpected<Error> Refuse(std::string_view why) {
  return Fail(Code::kInvalidArgument, fmt::format("the ONNX model cannot be loaded: {}", why));
}
std::unexpected<Error> TooMuch(std::string_view why) {
  return Fail(Code::kResourceExhausted, fmt::format("the ONNX model cannot be loaded: {}", why));
}

bool KnownDomain(std::string_view domain) {
  static constexpr std::array<std::string_view, 4> kDomains{"", "ai.onnx", "ai.onnx.ml", "com.microsoft"};
  return std::ranges::find(kDomains, domain) != kDomains.end();
}

/// The bytes of the first field `number`; empty if there is none.
std::string_view Inside(std::string_view message, std::uint32_t number) {
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == number && field->kind == Kind::kBytes) return field->bytes;
  }
  return {};
}

bool Has(std::string_view message, std::uint32_t number) {
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == number && field->kind == Kind::kBytes) return true;
  }
  return false;
}

void TakeIntegers(std::vector<std::int64_t>& integers, const ProtoField& field) {
  constexpr std::size_t kFew = 64;
  if (field.kind == Kind::kVarint && integers.size() < kFew) integers.push_back(static_cast<std::int64_t>(field.value));
  ProtoReader packed(field.bytes);
  while (integers.size() < kFew) {
    const auto value = packed.NextVarint();
    if (!value) break;
    integers.push_back(static_cast<std::int64_t>(*value));
  }
}

}  // namespace

// FunctionProto: name 1, node 7, opset_import 9, domain 10.
std::string FunctionName(std::string_view function) { return fmt::format("{}:{}", Inside(function, 10), Inside(function, 1)); }

std::vector<std::string_view> FunctionOpsets(std::string_view function) {
  std::vector<std::string_view> opsets;
  ProtoReader reader(function);
  while (const auto field = reader.Next()) {
    if (field->number == 9 && field->kind == Kind::kBytes) opsets.push_back(field->bytes);
  }
  return opsets;
}

Result<void> OnnxGraphCheck::AddFunctionName(std::string_view function) {
  if (!functions_.insert(FunctionName(function)).second)
    return Refuse(fmt::format("function \"{}\" is there twice", FunctionName(function)));
  function_domains_.insert(std::string(Inside(function, 10)));
  return {};
}

// GraphProto: node 1, initializer 5, input 11, output 12, sparse_initializer 15.
Result<OnnxGraphSize> OnnxGraphCheck::CheckGraph(std::string_view graph) {
  ProtoReader reader(graph);
  while (const auto field = reader.Next()) {
    if ((field->number == 11 || field->number == 12) && field->kind == Kind::kBytes) NoteRank(field->bytes);
  }
  return CheckAll({.message = graph});
}

Result<OnnxGraphSize> OnnxGraphCheck::CheckFunction(std::string_view function) { return CheckAll({.message = function, .function = true}); }

Result<OnnxGraphSize> OnnxGraphCheck::CheckAll(Waiting first) {
  size_ = {};
  waiting_.push_back(first);
  while (!waiting_.empty()) {
    const auto next = waiting_.back();
    waiting_.pop_back();
    if (next.depth > limits_.depth) return TooMuch(fmt::format("its graphs lie more than {} deep in each other", limits_.depth));
    EDGEWISE_TRY(CheckOne(next));
  }
  return std::move(size_);
}

Result<void> OnnxGraphCheck::CheckOne(const Waiting& graph) {
  OnnxConstants constants(limits_.conjured);
  std::vector<std::string_view> nodes;
  ProtoReader reader(graph.message);
  while (const auto field = reader.Next()) {
    if (field->kind == Kind::kBytes) EDGEWISE_TRY(TakeField(graph, *field, constants, nodes));
  }
  if (!reader.ok()) return Refuse("a graph of it is damaged");
  for (const auto node : nodes) EDGEWISE_TRY(CheckNode(graph, node, constants));  // constants may lie behind the nodes that use them
  return {};
}

Result<void> OnnxGraphCheck::TakeField(const Waiting& graph, const ProtoField& field, OnnxConstants& constants,
                                       std::vector<std::string_view>& nodes) {
  if (field.number == (graph.function ? 7U : 1U)) {
    if (++size_.nodes > limits_.nodes) return TooMuch(fmt::format("it has more than {} nodes", limits_.nodes));
    nodes.push_back(field.bytes);
  } else if (!graph.function && field.number == 5) {
    EDGEWISE_ASSIGN(auto constant, ReadOnnxTensor(field.bytes));
    constants.Add(std::move(constant));
  } else if (!graph.function && field.number == 15) {
    EDGEWISE_TRY(CheckSparse(field.bytes));
  }
  return {};
}

// NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7.
Result<void> OnnxGraphCheck::CheckNode(const Waiting& graph, std::string_view message, OnnxConstants& constants) {
  OnnxNode node;
  std::vector<std::string_view> attributes;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->kind != Kind::kBytes) continue;
    switch (field->number) {
      case 1:
        node.inputs.push_back(field->bytes);
        break;
      case 2:
        node.outputs.push_back(field->bytes);
        break;
      case 3:
        node.name = field->bytes;
        break;
      case 4:
        node.op = field->bytes;
        break;
      case 5:
        attributes.push_back(field->bytes);
        EDGEWISE_TRY(TakeAttribute(graph, field->bytes, node));
        break;
      case 7:
        node.domain = field->bytes;
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return Refuse(fmt::format("node \"{}\" is damaged", node.name.substr(0, 200)));
  EDGEWISE_TRY(CheckOperator(node));
  if (node.domain == "ai.onnx.ml" && (node.op == "TreeEnsembleClassifier" || node.op == "TreeEnsembleRegressor")) {
    EDGEWISE_TRY(ReadOnnxTrees(node.op, attributes, limits_.tree_depth));
    facts_.tree_bytes += message.size();
  }
  if (node.domain == "ai.onnx.ml" && node.op == "TreeEnsemble") EDGEWISE_TRY(CheckOnnxTreeRoots(attributes, limits_.tree_depth));
  return constants.Follow(node);
}

Result<void> OnnxGraphCheck::CheckOperator(const OnnxNode& node) {
  const auto function = fmt::format("{}:{}", node.domain, node.op);
  if (functions_.contains(function)) {
    ++size_.calls[function];
  } else if (!KnownDomain(node.domain)) {
    return Refuse(
        fmt::format("node \"{}\" is operator \"{}\" of domain \"{}\", which the engine does not have: export with standard "
                    "operators",
                    node.name.substr(0, 200), node.op.substr(0, 200), node.domain.substr(0, 200)));
  }
  const bool standard = node.domain.empty() || node.domain == "ai.onnx";
  if (standard && (node.op == "If" || node.op == "Loop" || node.op == "Scan")) facts_.branches = true;
  return {};
}

// AttributeProto: name 1, i 3, t 5, g 6, ints 8, tensors 10, graphs 11, sparse_tensor 22, sparse_tensors 23.
Result<void> OnnxGraphCheck::TakeAttribute(const Waiting& graph, std::string_view message, OnnxNode& node) {
  const auto name = Inside(message, 1);
  const bool shape = name == "shape" || name == "value_ints" || name == "value_int";
  bool tensor = false;
  bool inner = false;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (shape && (field->number == 8 || (field->number == 3 && name == "value_int"))) TakeIntegers(node.integers, *field);
    if (field->kind != Kind::kBytes) continue;
    if ((field->number == 5 && std::exchange(tensor, true)) || (field->number == 6 && std::exchange(inner, true))) {
      return Refuse(fmt::format("attribute \"{}\" says something twice", name.substr(0, 200)));
    }
    switch (field->number) {
      case 5:
      case 10: {
        EDGEWISE_ASSIGN(auto constant, ReadOnnxTensor(field->bytes));
        if (name == "value") node.value = std::move(constant);
        break;
      }
      case 6:
      case 11:
        waiting_.push_back({.message = field->bytes, .depth = graph.depth + 1});
        break;
      case 22:
      case 23:
        EDGEWISE_TRY(CheckSparse(field->bytes));
        break;
      default:
        break;
    }
  }
  return reader.ok() ? Result<void>() : Refuse(fmt::format("attribute \"{}\" is damaged", name.substr(0, 200)));
}

// SparseTensorProto: values 1, indices 2, dims 3. The engine writes it out in full.
Result<void> OnnxGraphCheck::CheckSparse(std::string_view message) const {
  std::vector<std::int64_t> dims;
  std::size_t bits = 32;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == 3) TakeIntegers(dims, *field);
    if ((field->number != 1 && field->number != 2) || field->kind != Kind::kBytes) continue;
    EDGEWISE_ASSIGN(const auto part, ReadOnnxTensor(field->bytes));
    if (field->number == 1) bits = std::max<std::size_t>(part.bits, 8);
  }
  if (!reader.ok()) return Refuse("a sparse tensor is damaged");
  if (CountElements(dims, limits_.conjured * 8 / bits)) return {};
  return TooMuch(fmt::format("a sparse tensor has shape {}, above {} MiB written out", ShapeText(dims), limits_.conjured >> 20U));
}

/// ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its shape 2.
void OnnxGraphCheck::NoteRank(std::string_view value) {
  const auto type = Inside(value, 2);
  if (Has(type, 1) && !Has(Inside(type, 1), 2)) facts_.unranked.emplace(Inside(value, 1));
}

}  // namespace edgewise::score::detail
