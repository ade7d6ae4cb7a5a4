#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::score::detail {

/// A TensorProto of a model's file. Views into the file's bytes.
struct OnnxConstant {
  std::string_view name;
  std::vector<std::int64_t> shape;
  std::size_t elements = 0;
  std::size_t bits = 0;                ///< Of one element; 0 for strings.
  std::vector<std::int64_t> integers;  ///< The values, where they are int64 and few (shapes, repeats).
};

/// Reads a TensorProto and holds its data against its shape. Errors: kInvalidArgument (damaged, data outside the file, unknown type,
/// more or less data than the shape says: named with the tensor).
Result<OnnxConstant> ReadOnnxTensor(std::string_view message);

}  // namespace edgewise::score::detail
