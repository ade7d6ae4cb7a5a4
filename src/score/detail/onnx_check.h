#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::score::detail {

/// What a model may be at most. Wide enough for what converters make; narrow enough that loading is no way to take a process down.
struct OnnxLimits {
  std::size_t bytes = (std::size_t{1} << 31U) - 1;  ///< Of the file: what protobuf can read.
  std::size_t nodes = 100'000;                      ///< Of all graphs, functions written out.
  std::size_t depth = 16;                           ///< Of graphs inside nodes of graphs; of functions that call functions.
  std::size_t functions = 10'000;
  std::size_t conjured = std::size_t{64} << 20U;  ///< Bytes of a tensor that constants ask for without holding them.
  std::size_t tree_depth = 1'000;                 ///< ONNX Runtime walks trees by recursion when it loads them.
};

/// What only the bytes say: ONNX Runtime's answers do not tell it.
struct OnnxFacts {
  std::set<std::string, std::less<>> unranked;  ///< Inputs and outputs without a shape.
  std::size_t tree_bytes = 0;                   ///< Of the file, in tree ensembles: an engine takes more memory for them than for others.
  bool branches = false;                        ///< If, Loop, Scan: a run may leave an output where no other run did.
};

/// Looks at ONNX bytes before an engine does: known operator sets, tensors that are as large as they say and lie in the file, bounded
/// nodes, nesting and constants. It is no whole validator: what it lets pass the engine may still refuse.
/// Cost: one walk, memory for names of constants; recursion nowhere. Errors: kInvalidArgument (names the thing), kResourceExhausted (over a
/// limit: names it).
Result<OnnxFacts> CheckOnnx(std::string_view onnx, const OnnxLimits& limits = {});

}  // namespace edgewise::score::detail
