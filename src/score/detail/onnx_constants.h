#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "score/detail/onnx_tensor_check.h"

namespace edgewise::score::detail {

/// One node of a graph, as far as sizes need it. Views into the file's bytes.
struct OnnxNode {
  std::string_view op;
  std::string_view domain;
  std::string_view name;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::optional<OnnxConstant> value;   ///< Attribute "value": of Constant, ConstantOfShape.
  std::vector<std::int64_t> integers;  ///< Attribute "shape" (Random...), "value_ints" or "value_int" (Constant).
};

/// Follows the constants of one graph from node to node, to know how large the tensors get that an engine makes of them when it loads the
/// model: a Tile of a constant is a large tensor in few bytes. What depends on inputs is not followed.
class OnnxConstants {
 public:
  explicit OnnxConstants(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  void Add(OnnxConstant constant) { known_[constant.name] = std::move(constant); }
  /// In the graph's order. Errors: kResourceExhausted (a tensor above the limit: names node and size).
  Result<void> Follow(const OnnxNode& node);

 private:
  const OnnxConstant* Find(const OnnxNode& node, std::size_t input) const;
  std::optional<std::vector<std::int64_t>> ShapeAfter(const OnnxNode& node, std::size_t& bits) const;

  std::size_t most_bytes_;
  std::map<std::string_view, OnnxConstant> known_;
};

}  // namespace edgewise::score::detail
