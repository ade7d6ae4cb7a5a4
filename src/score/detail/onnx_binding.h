#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/detail/onnx_buffer.h"
#include "score/detail/onnx_session.h"

namespace edgewise::score::detail {

/// One set of input shapes and wanted outputs, bound to kept memory. The first run learns the outputs' shapes; later ones copy the
/// inputs and run.
/// Lifecycle: owned by a runner; outlived by its session and memory; of no use once `memory.generation` has moved on.
class OnnxBinding {
 public:
  /// Errors: kInvalidArgument (an input whose bytes are not what its shape says, or an output asked for twice: each named).
  static Result<std::unique_ptr<OnnxBinding>> Make(const OnnxSession& session, OnnxMemory& memory, std::span<const TensorView> inputs,
                                                   std::span<const std::size_t> outputs);

  /// Whether it is made for these, and its memory is still there.
  bool Fits(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) const;
  std::size_t generation() const { return generation_; }
  Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs);

 private:
  struct Input {
    std::vector<std::int64_t> shape;
    std::size_t elements = 0;
    OnnxOwned<OrtValue> value;    // over the kept buffer, or of strings; made anew by each run for a large one
    std::byte* buffer = nullptr;  // of the memory; null for strings and for large ones
  };
  struct Output {
    std::size_t index = 0;
    std::vector<std::int64_t> shape;
    OnnxOwned<OrtValue> value;  // over the kept buffer, or ONNX Runtime's until the next run
    bool kept = false;
    std::vector<char> text;  // of strings, one after another
    std::vector<std::size_t> offsets;
    std::vector<std::string_view> strings;
  };

  OnnxBinding(const OnnxSession& session, OnnxMemory& memory) : session_(session), api_(session.api()), memory_(memory) {}
  Result<void> Check(OrtStatus* status) const { return session_.library().Check(status, "ONNX Runtime"); }
  const TensorInfo& Info(const Output& output) const { return session_.signature().outputs[output.index]; }
  Result<void> MakeInput(std::size_t index, const TensorView& view);
  Result<void> CheckSize(std::size_t index, const TensorView& view) const;
  Result<void> Fill(std::size_t index, const TensorView& view);
  Result<void> FillStrings(const Input& input, std::span<const std::string_view> strings) const;
  Result<void> BindLoose(Output& output);
  Result<void> RunBound();
  Result<void> RunLoose();
  Result<std::vector<OnnxOwned<OrtValue>>> BoundValues() const;
  Result<void> CheckKept();
  Result<void> Collect();
  Result<void> CollectOne(Output& output, TensorView& view);
  Result<void> CollectStrings(Output& output, TensorView& view, std::size_t elements) const;
  Result<void> Keep();
  Result<OnnxOwned<OrtValue>> Wrap(const TensorInfo& info, std::byte* bytes, std::size_t size, std::span<const std::int64_t> shape) const;

  const OnnxSession& session_;
  const OrtApi& api_;
  OnnxMemory& memory_;
  std::size_t generation_ = 0;
  OnnxOwned<OrtIoBinding> io_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::size_t> wanted_;
  std::vector<TensorView> views_;
  bool ran_ = false;       // the outputs' shapes are known
  bool learned_ = false;   // outputs that fit are bound to kept memory
  bool checked_ = false;   // a run was seen to use that memory
  bool all_kept_ = false;  // every one is: nothing to collect
};

}  // namespace edgewise::score::detail
