#include "train/onnx_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgewise::train {
namespace {

/// One field of a protobuf message: its number and either an integer or bytes.
struct Field {
  int number = 0;
  std::uint64_t integer = 0;
  std::string_view bytes;
};

std::optional<std::uint64_t> TakeVarint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

/// The next field; nothing when the message is damaged (or has wire types that WriteOnnx never uses).
std::optional<Field> TakeField(std::string_view& message) {
  const auto key = TakeVarint(message);
  if (!key || *key > 0xffff) return std::nullopt;
  Field field{.number = static_cast<int>(*key >> 3), .bytes = {}};
  const auto value = TakeVarint(message);
  if (!value) return std::nullopt;
  switch (*key & 7) {
    case 0:
      field.integer = *value;
      return field;
    case 2:
      if (*value > message.size()) return std::nullopt;
      field.bytes = message.substr(0, static_cast<std::size_t>(*value));
      message.remove_prefix(static_cast<std::size_t>(*value));
      return field;
    default:
      return std::nullopt;
  }
}

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("model: {}; only trees as edgewise writes them can be read here", what));
}

/// Calls `take` with each field of a message.
template <class Function>
Result<void> EachField(std::string_view message, Function take) {
  while (!message.empty()) {
    const auto field = TakeField(message);
    if (!field) return Damaged("damaged or of another kind");
    take(*field);
  }
  return {};
}

/// The bytes of the last field `number`; empty if it has none.
Result<std::string_view> Inside(std::string_view message, int number) {
  std::string_view found;
  EDGEWISE_TRY(EachField(message, [&](const Field& field) {
    if (field.number == number) found = field.bytes;
  }));
  return found;
}

struct AttributeValue {
  std::string_view text;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> texts;
};
using Attributes = std::map<std::string, AttributeValue, std::less<>>;

std::vector<float> Floats(std::string_view bytes) {
  std::vector<float> values;
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) bits |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    values.push_back(std::bit_cast<float>(bits));
  }
  return values;
}

std::vector<std::int64_t> Integers(std::string_view bytes) {
  std::vector<std::int64_t> values;
  while (const auto value = TakeVarint(bytes)) values.push_back(static_cast<std::int64_t>(*value));
  return values;
}

Result<void> ReadAttribute(std::string_view message, Attributes& attributes) {
  std::string_view name;
  AttributeValue value;
  EDGEWISE_TRY(EachField(message, [&](const Field& field) {
    if (field.number == 1) name = field.bytes;
    if (field.number == 4) value.text = field.bytes;
    if (field.number == 7) value.floats = Floats(field.bytes);
    if (field.number == 8) value.integers = Integers(field.bytes);
    if (field.number == 9) value.texts.push_back(field.bytes);
  }));
  attributes[std::string(name)] = std::move(value);
  return {};
}

Result<Attributes> ReadClassifier(std::string_view node) {
  EDGEWISE_ASSIGN(const auto operation, Inside(node, 4));
  if (operation != "TreeEnsembleClassifier") return Damaged("no TreeEnsembleClassifier");
  std::vector<std::string_view> messages;
  EDGEWISE_TRY(EachField(node, [&](const Field& field) {
    if (field.number == 5) messages.push_back(field.bytes);
  }));
  Attributes attributes;
  for (const auto message : messages) EDGEWISE_TRY(ReadAttribute(message, attributes));
  return attributes;
}

/// Width of the input: the dimension of the graph's input that has a value.
Result<std::size_t> ReadColumns(std::string_view graph) {
  EDGEWISE_ASSIGN(const auto input, Inside(graph, 11));
  EDGEWISE_ASSIGN(const auto type, Inside(input, 2));
  EDGEWISE_ASSIGN(const auto tensor, Inside(type, 1));
  EDGEWISE_ASSIGN(const auto shape, Inside(tensor, 2));
  EDGEWISE_ASSIGN(const auto width, Inside(shape, 1));  // the last dimension
  std::uint64_t columns = 0;
  EDGEWISE_TRY(EachField(width, [&](const Field& field) {
    if (field.number == 1) columns = field.integer;
  }));
  if (columns == 0 || columns > 100'000) return Damaged("no width of its input");
  return static_cast<std::size_t>(columns);
}

Result<void> AddNodes(const Attributes& attributes, Forest& forest) {
  const auto get = [&](std::string_view name) -> const AttributeValue& {
    static const AttributeValue nothing;
    const auto found = attributes.find(name);
    return found == attributes.end() ? nothing : found->second;
  };
  const auto& tree = get("nodes_treeids").integers;
  const auto& node = get("nodes_nodeids").integers;
  const auto& feature = get("nodes_featureids").integers;
  const auto& left = get("nodes_truenodeids").integers;
  const auto& right = get("nodes_falsenodeids").integers;
  const auto& missing = get("nodes_missing_value_tracks_true").integers;
  const auto& mode = get("nodes_modes").texts;
  const auto& value = get("nodes_values").floats;
  const auto& weight = get("class_weights").floats;
  for (const auto size : {node.size(), feature.size(), left.size(), right.size(), missing.size(), mode.size(), value.size()}) {
    if (size != tree.size()) return Damaged("attributes of different lengths");
  }
  std::size_t leaves = 0;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (tree[i] == static_cast<std::int64_t>(forest.trees.size())) forest.trees.emplace_back();
    if (forest.trees.empty() || tree[i] + 1 != static_cast<std::int64_t>(forest.trees.size())) return Damaged("trees out of order");
    auto& nodes = forest.trees.back();
    if (node[i] != static_cast<std::int64_t>(nodes.size())) return Damaged("nodes out of order");
    Node entry{.feature = static_cast<std::int32_t>(feature[i]), .value = value[i], .missing_left = missing[i] != 0};
    if (mode[i] == "LEAF") {
      if (leaves >= weight.size()) return Damaged("a leaf without weight");
      entry.value = weight[leaves++];
    } else if (mode[i] == "BRANCH_LT" && left[i] >= 0 && right[i] >= 0) {
      entry.left = static_cast<std::int32_t>(left[i]);
      entry.right = static_cast<std::int32_t>(right[i]);
    } else {
      return Damaged("a branch of another kind");
    }
    nodes.push_back(entry);
  }
  return {};
}

}  // namespace

Result<Forest> ReadOnnx(std::string_view onnx) {
  EDGEWISE_ASSIGN(const auto graph, Inside(onnx, 7));
  EDGEWISE_ASSIGN(const auto node, Inside(graph, 1));
  EDGEWISE_ASSIGN(const auto attributes, ReadClassifier(node));
  Forest forest;
  EDGEWISE_ASSIGN(forest.columns, ReadColumns(graph));
  const auto transform = attributes.find("post_transform");
  if (transform == attributes.end() || transform->second.text != "LOGISTIC") return Damaged("no logistic output");
  const auto base = attributes.find("base_values");
  if (base != attributes.end() && !base->second.floats.empty()) forest.base_margin = base->second.floats.front();
  EDGEWISE_TRY(AddNodes(attributes, forest));
  EDGEWISE_TRY(Check(forest));
  return forest;
}

}  // namespace edgewise::train
