#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/tensor.h"

namespace edgewise::score::detail {

/// Reads the bytes of one tensor (little-endian, row-major; BOOL one byte each; BYTES: each element's length in 4 bytes, then the element)
/// into `store`, where the tensor has begun. Takes no more memory than there are bytes. `count`: the shape's product.
/// Errors: kInvalidArgument, without the tensor's name: the bytes are not what type and shape need; a BOOL that is not 0 or 1.
Result<void> ReadBinaryTensor(std::string_view bytes, DataType type, std::size_t count, TensorStore& store);

/// How many bytes a tensor takes in that form.
std::size_t BinarySize(const TensorView& tensor);
void AppendBinaryTensor(std::string& out, const TensorView& tensor);

}  // namespace edgewise::score::detail
