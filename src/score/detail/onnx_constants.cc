#include "score/detail/onnx_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "score/tensor.h"

namespace edgewise::score::detail {
namespace {

using Shape = std::vector<std::int64_t>;
constexpr std::size_t kMostCount = std::size_t{1} << 56U;

/// a[i] by b[i]; an axis that would overflow stays at the largest, which is over every limit.
Shape Times(const Shape& a, const Shape& b) {
  Shape product(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < product.size(); ++i) {
    const std::int64_t left = i < a.size() ? a[i] : 1;
    const std::int64_t right = i < b.size() ? b[i] : 1;
    if (left < 0 || right < 0 || __builtin_mul_overflow(left, right, &product[i])) product[i] = std::numeric_limits<std::int64_t>::max();
  }
  return product;
}

/// The shape of what two shapes broadcast to (multidirectional, as ONNX has it).
Shape Broadcast(const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    shape[shape.size() - 1 - i] = left == 1 ? right : right == 1 ? left : std::max(left, right);
  }
  return shape;
}

bool Broadcasts(std::string_view op) {
  static constexpr std::array<std::string_view, 16> kOps{"Add",  "And",         "Div",        "Equal",    "Greater", "GreaterOrEqual",
                                                         "Less", "LessOrEqual", "Mod",        "Mul",      "Or",      "Pow",
                                                         "Sub",  "Xor",         "BitwiseAnd", "BitwiseOr"};
  return std::ranges::find(kOps, op) != kOps.end();
}

/// Operators whose output has as many elements as their first input.
bool KeepsSize(std::string_view op) {
  static constexpr std::array<std::string_view, 18> kOps{"Identity",  "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
                                                         "Transpose", "Neg",  "Abs",     "Exp",     "Sqrt",    "Relu",
                                                         "Sigmoid",   "Tanh", "Not",     "Floor",   "Ceil",    "Erf"};
  return std::ranges::find(kOps, op) != kOps.end();
}

}  // namespace

const OnnxConstant* OnnxConstants::Find(const OnnxNode& node, std::size_t input) const {
  if (input >= node.inputs.size()) return nullptr;
  const auto found = known_.find(node.inputs[input]);
  return found == known_.end() ? nullptr : &found->second;
}

/// The shape of the node's first output as far as constants tell it, and the bits of an element where they are not the first input's.
std::optional<Shape> OnnxConstants::ShapeAfter(const OnnxNode& node, std::size_t& bits) const {
  const auto* const first = Find(node, 0);
  const auto* const second = Find(node, 1);
  if (node.op == "ConstantOfShape" && first != nullptr) {
    bits = node.value ? node.value->bits : 32;
    return first->integers;
  }
  if (node.op.starts_with("Random") && !node.integers.empty()) return node.integers;
  if (node.op == "Expand" && second != nullptr) return first == nullptr ? second->integers : Broadcast(first->shape, second->integers);
  if (node.op == "Tile" && second != nullptr) return first == nullptr ? second->integers : Times(first->shape, second->integers);
  if (first == nullptr) return std::nullopt;
  if (KeepsSize(node.op)) return first->shape;
  if (node.op == "Concat") {
    std::int64_t elements = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto* const part = Find(node, i);
      if (part != nullptr) elements += static_cast<std::int64_t>(std::min(part->elements, kMostCount / node.inputs.size()));
    }
    return Shape{elements};
  }
  if (second == nullptr) return std::nullopt;
  if (Broadcasts(node.op)) return Broadcast(first->shape, second->shape);
  if (node.op == "MatMul" && first->shape.size() >= 2 && second->shape.size() >= 2) {
    auto shape = first->shape;
    shape.back() = second->shape.back();
    return shape;
  }
  return std::nullopt;
}

Result<void> OnnxConstants::Follow(const OnnxNode& node) {
  if (!node.domain.empty() && node.domain != "ai.onnx") return {};
  if (node.outputs.empty()) return {};
  if (node.op == "Constant") {
    OnnxConstant constant = node.value.value_or(OnnxConstant{});
    if (!node.value) {
      constant.shape = {static_cast<std::int64_t>(node.integers.size())};
      constant.elements = node.integers.size();
      constant.bits = 64;
      constant.integers = node.integers;
    }
    constant.name = node.outputs[0];
    Add(std::move(constant));
    return {};
  }
  const auto* const first = Find(node, 0);
  std::size_t bits = first == nullptr || first->bits == 0 ? 32 : first->bits;
  const auto shape = ShapeAfter(node, bits);
  if (!shape) return {};
  const auto elements = CountElements(*shape, kMostCount);
  const bool negative = std::ranges::any_of(*shape, [](std::int64_t axis) { return axis < 0; });
  if (negative) return {};  // the engine refuses it, or reads it in another way than as a size
  if (!elements || *elements * bits / 8 > most_bytes_) {
    return Fail(Code::kResourceExhausted,
                fmt::format("the ONNX model cannot be loaded: node \"{}\" ({}) makes a constant of shape {}, above {} MiB",
                            node.name.substr(0, 200), node.op, ShapeText(*shape), most_bytes_ >> 20U));
  }
  OnnxConstant made{.name = node.outputs[0], .shape = *shape, .elements = *elements, .bits = bits, .integers = {}};
  if (KeepsSize(node.op) && first != nullptr && node.op != "Neg") made.integers = first->integers;
  Add(std::move(made));
  return {};
}

}  // namespace edgewise::score::detail
