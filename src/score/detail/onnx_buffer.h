#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "score/detail/onnx_owned.h"

namespace edgewise::score::detail {

/// Memory for one tensor, kept from run to run; it only grows. Aligned for the widest vector instructions.
class OnnxBuffer {
 public:
  std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  void Grow(std::size_t bytes) {
    size_ = std::max<std::size_t>(std::bit_ceil(bytes), 256);
    bytes_.reset(new (kAlignment) std::byte[size_]);
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Release {
    void operator()(std::byte* bytes) const { operator delete[](bytes, kAlignment); }
  };
  std::unique_ptr<std::byte[], Release> bytes_;
  std::size_t size_ = 0;
};

/// What the bindings of one runner share: a buffer for each input and output of the model.
struct OnnxMemory {
  OnnxOwned<OrtRunOptions> options;
  /// A tensor larger than this is not kept: inputs are read where they lie, outputs are ONNX Runtime's until the next run.
  static constexpr std::size_t kKept = 1U << 20U;

  std::vector<OnnxBuffer> inputs;
  std::vector<OnnxBuffer> outputs;
  /// Changes when a buffer moves: bindings of an earlier one point at memory that is gone.
  std::size_t generation = 0;
  /// The same shapes of inputs gave the same shapes of outputs so far. False once a run showed that values decide (as with NonZero).
  bool shapes_decide = true;

  std::byte* Reserve(OnnxBuffer& buffer, std::size_t bytes) {
    if (buffer.size() < std::max<std::size_t>(bytes, 1)) {
      buffer.Grow(bytes);
      ++generation;
    }
    return buffer.data();
  }
};

}  // namespace edgewise::score::detail
