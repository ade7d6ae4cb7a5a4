#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::score::detail {

/// A ModelInferRequest (open_inference.proto) as views of its bytes, which must outlive it. Memory is kept from request to request.
struct GrpcRequest {
  struct Tensor {
    std::string_view name;
    std::string_view datatype;
    std::size_t first_axis = 0, axes = 0;      ///< In `shapes`.
    std::optional<std::string_view> contents;  ///< An InferTensorContents, not read yet.
  };

  std::string_view model, version, id;
  std::chrono::microseconds timeout{0};  ///< Of the parameters, a day at most; zero: none.
  std::vector<Tensor> inputs;
  std::vector<std::int64_t> shapes;
  std::vector<std::string_view> outputs;  ///< Names of those wanted; empty: all.
  std::vector<std::string_view> raw;      ///< raw_input_contents.

  std::span<const std::int64_t> ShapeOf(const Tensor& tensor) const { return std::span(shapes).subspan(tensor.first_axis, tensor.axes); }

  /// Reads a message of any content; takes memory in proportion to its tensors, of which there may be kMaxTensors.
  /// Errors: kInvalidArgument: no ModelInferRequest, an id that is no UTF-8, too many tensors or axes, a timeout that is no whole number
  /// from 0, parameters that ask for what is not offered here (shared memory, classification).
  Result<void> Read(std::string_view message);

  void Forget();  ///< Gives back what one large request took.

  static constexpr std::size_t kMaxTensors = 4096;
  static constexpr std::size_t kMaxAxes = 64;

 private:
  Result<void> ReadInput(std::string_view message);
  Result<void> ReadOutput(std::string_view message);
};

}  // namespace edgewise::score::detail
