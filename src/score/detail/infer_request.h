#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/job.h"
#include "score/model_version.h"
#include "score/tensor.h"

namespace edgewise::score::detail {

/// The input tensors of one request, in memory of its own that is used again from request to request: Clear() keeps it, unless one
/// request made it large. Values lie at multiples of 64 bytes. Threads: one at a time.
class TensorStore {
 public:
  /// Forgets all tensors and makes room for so many.
  void Clear(std::size_t tensors);
  /// Begins tensor `index`. What follows belongs to it until the next call.
  void Begin(std::size_t index, DataType type, std::span<const std::int64_t> shape);
  bool Has(std::size_t index) const { return entries_[index].begun; }
  /// Memory for the tensor's values, to be filled in by the caller; valid until the next call of any kind.
  std::span<std::byte> Values(std::size_t bytes);
  /// One more element of a BYTES tensor; copied.
  void AddText(std::string_view text);
  /// All tensors by index. The views are valid until Clear(), and move with the store.
  void View(std::vector<TensorView>& views);

 private:
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  struct Entry {
    bool begun = false;
    DataType type = DataType::kFp32;
    std::size_t first_axis = 0, axes = 0;
    std::size_t first_byte = 0, bytes = 0;
    std::size_t first_text = 0, texts = 0;
  };
  struct Text {
    std::size_t first = 0, size = 0;
  };
  std::byte* Room(std::size_t bytes);
  std::byte* At(std::size_t offset) { return blocks_.data()->bytes + offset; }

  std::vector<Entry> entries_;
  std::vector<std::int64_t> axes_;
  std::vector<Block> blocks_;  // grows only; used_ bytes of it hold something
  std::size_t used_ = 0;
  std::vector<Text> texts_;
  std::vector<std::string_view> strings_;
  std::size_t current_ = 0;
};

/// An output that the answer shall hold.
struct OutputChoice {
  std::size_t index = 0;  ///< In the signature.
  bool binary = false;    ///< As bytes behind the JSON.
  bool is_said = false;   ///< By the output itself, whatever the request says of all.
};

/// One inference, as any of our protocols asks for it, checked against the model's signature. Owns all of it.
struct InferRequest {
  std::string id;  ///< Empty: none was given.
  TensorStore tensors;
  std::vector<OutputChoice> outputs;  ///< In the order of the answer, never empty.
  std::size_t rows = 1;
  std::chrono::microseconds timeout{0};  ///< Zero: the server's own.

  /// Forgets the last request; the memory stays.
  void Clear(const Signature& signature);
  /// Fills in inputs, outputs and rows of `job`, which then points into this request.
  void Fill(Job& job);
};

}  // namespace edgewise::score::detail
