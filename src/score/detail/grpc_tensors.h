#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "score/detail/grpc_request.h"
#include "score/job.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// Values of one input that cannot be used where they lie in the message; its memory is kept from request to request unless it became
/// large.
class InputValues {
 public:
  /// Reads an entry of raw_input_contents into `view` (type and shape are set): as it lies, if it lies at a multiple of its elements' size.
  /// Errors, without the input's name: kInvalidArgument (size is not the shape's, a BOOL other than 0 and 1, BYTES whose lengths lie).
  Result<void> ReadRaw(std::string_view raw, std::size_t count, TensorView& view);
  /// Reads an InferTensorContents likewise. Errors: as above; values in the wrong list, or outside the datatype's range; FP16 and BF16.
  Result<void> ReadContents(std::string_view contents, std::size_t count, TensorView& view);
  void Forget();  ///< Gives back what one large request took.

  bool given = false;  ///< In the request being read.

 private:
  Result<void> ReadRawTexts(std::string_view raw, std::size_t count, TensorView& view);

  std::vector<std::int64_t> integers_;
  std::vector<float> floats_;
  std::vector<double> doubles_;
  std::vector<std::byte> bytes_;
  std::vector<std::string_view> strings_;
};

/// Checks `request` against the signature and fills in `job`: inputs, outputs, rows. `values` is scratch of the same lifetime as the job's
/// views; these point into it and into the request's message.
/// Errors: kInvalidArgument, naming tensor and fix.
Result<void> FillJob(const GrpcRequest& request, const ModelVersion& version, std::vector<InputValues>& values, Job& job);

}  // namespace edgewise::score::detail
