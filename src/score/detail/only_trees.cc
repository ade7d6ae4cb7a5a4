#include "score/detail/only_trees.h"

#include <utility>

#include "score/detail/proto_reader.h"

namespace edgewise::score::detail {
namespace {

using Kind = ProtoField::Kind;
constexpr std::size_t kDepth = 1000;

/// NodeProto: output 2, op_type 4, attribute 5, domain 7.
std::optional<OnlyTrees> ReadNode(std::string_view message) {
  OnlyTrees node;
  std::string_view op;
  std::string_view domain;
  std::vector<std::string_view> attributes;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->kind != Kind::kBytes) continue;
    if (field->number == 2) node.outputs.push_back(field->bytes);
    if (field->number == 4) op = field->bytes;
    if (field->number == 5) attributes.push_back(field->bytes);
    if (field->number == 7) domain = field->bytes;
  }
  if (domain != "ai.onnx.ml" || (op != "TreeEnsembleClassifier" && op != "TreeEnsembleRegressor")) return std::nullopt;
  auto trees = ReadOnnxTrees(op, attributes, kDepth);
  if (!trees) return std::nullopt;
  node.trees = std::move(*trees);
  return node;
}

}  // namespace

// ModelProto: graph 7, functions 25; GraphProto: node 1, initializer 5.
std::optional<OnlyTrees> ReadOnlyTrees(std::string_view onnx) {
  std::optional<std::string_view> node;
  ProtoReader model(onnx);
  while (const auto part = model.Next()) {
    if (part->number == 25) return std::nullopt;
    if (part->number != 7 || part->kind != Kind::kBytes) continue;
    ProtoReader graph(part->bytes);
    while (const auto field = graph.Next()) {
      if (field->number == 5 || (field->number == 1 && node)) return std::nullopt;
      if (field->number == 1) node = field->bytes;
    }
  }
  return node ? ReadNode(*node) : std::nullopt;
}

}  // namespace edgewise::score::detail
