#pragma once

#include <simdjson.h>

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/detail/json_tensor.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// Reads the elements of `inputs` one by one, their members in any order.
/// Lifecycle: one for each request, which it borrows. Errors: kInvalidArgument (names the tensor and the fix).
class InputReader {
 public:
  /// `json_bytes`: how long the whole JSON is: a tensor has no more elements than half of that. `binary`: what follows it.
  InputReader(const ModelVersion& version, std::size_t json_bytes, std::string_view binary, InferRequest& request)
      : version_(version), json_bytes_(json_bytes), binary_(binary), request_(request) {}

  Result<void> Read(simdjson::ondemand::object object);
  /// After the last one: every input is there, all have as many rows, and every byte was claimed.
  Result<void> Complete();

 private:
  using Value = simdjson::ondemand::value;

  /// What is known of the input that is being read.
  struct Input {
    const TensorInfo* info = nullptr;
    std::size_t index = 0;
    std::optional<DataType> type;
    std::array<std::int64_t, kMostAxes> axes{};
    std::size_t rank = 0;
    bool has_shape = false, has_parameters = false, has_data = false, data_is_read = false;
    std::optional<std::uint64_t> binary_size;

    std::span<const std::int64_t> shape() const { return {axes.data(), rank}; }
    bool Known() const { return info != nullptr && type && has_shape; }
  };

  Result<void> ReadMember(std::string_view key, Value value, Input& input);
  Result<void> ReadName(Value value, Input& input);
  Result<void> ReadType(Value value, Input& input);
  Result<void> ReadShape(Value value, Input& input);
  Result<void> ReadData(Value value, Input& input);
  Result<void> ReadBinary(const Input& input);
  /// Checks the shape against the signature and the limits, and begins the tensor. Gives the number of elements.
  Result<std::size_t> Begin(const Input& input);
  Result<void> Finish(simdjson::ondemand::object& object, Input& input);

  const ModelVersion& version_;
  std::size_t json_bytes_;
  std::string_view binary_;
  InferRequest& request_;
  std::size_t read_ = 0;
  std::optional<std::size_t> rows_;
};

}  // namespace edgewise::score::detail
