#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "score/detail/onnx_trees.h"

namespace edgewise::score::detail {

/// The one node of a model that is nothing but trees. Views into the file's bytes.
struct OnlyTrees {
  OnnxTrees trees;
  std::vector<std::string_view> outputs;  ///< The node's, in its order.
};

/// Nothing if the model has other nodes, constants or functions, or trees that ReadOnnxTrees() refuses.
std::optional<OnlyTrees> ReadOnlyTrees(std::string_view onnx);

}  // namespace edgewise::score::detail
