#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/detail/onnx_library.h"

namespace edgewise::score::detail {

/// A float32 tensor of a model: its name and its shape, -1 for an axis of any size.
struct Tensor {
  std::string name;
  std::vector<std::int64_t> shape;
  bool float32 = false;  ///< False: another type, or no tensor at all (a sequence, a map).
};

/// One model in ONNX Runtime: one thread (the caller's), no arena, so that memory goes back after a large request.
/// Threads: any number of Run() at once.
class OnnxSession {
 public:
  static Result<std::unique_ptr<OnnxSession>> Open(std::string_view onnx);
  ~OnnxSession();
  OnnxSession(const OnnxSession&) = delete;
  OnnxSession& operator=(const OnnxSession&) = delete;

  const std::vector<Tensor>& inputs() const { return inputs_; }
  const std::vector<Tensor>& outputs() const { return outputs_; }
  /// Runs `input` [rows, columns] through the model into `out`, which has the output's full size; neither is copied.
  Result<void> Run(const Tensor& input, std::span<const float> values, const Tensor& output, std::span<float> out, std::size_t rows) const;

 private:
  OnnxSession() = default;
  Result<void> Create(std::string_view onnx);
  Result<std::vector<Tensor>> Describe(bool inputs, std::size_t count) const;
  Result<Tensor> DescribeOne(bool input, std::size_t index, OrtAllocator* allocator) const;
  const OrtApi& api() const { return library_->api(); }

  std::shared_ptr<const OnnxLibrary> library_;  // shared by all sessions of the process
  OrtSession* session_ = nullptr;
  OrtMemoryInfo* memory_ = nullptr;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
};

}  // namespace edgewise::score::detail
