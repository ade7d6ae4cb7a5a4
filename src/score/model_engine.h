#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "score/tensor.h"

namespace edgewise::score {

/// What a model takes and gives, in its own order and by its own names.
struct Signature {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  /// The first axis of every input and output is free and means rows: requests can be joined, and their answers cut apart again.
  bool batches = false;
};

/// One worker's use of a loaded model, with buffers of its own that it keeps from call to call.
/// Lifecycle: made by ModelEngine::MakeRunner(), which must outlive it. Threads: one at a time.
class Runner {
 public:
  virtual ~Runner() = default;
  /// Runs the model. `inputs`: one for each input, in the signature's order, with its datatype and a shape that fits it (the caller has
  /// checked: `Check()`). `outputs`: indices of those wanted, in the order in which they come back.
  /// The result is valid until the next Run(). Cost: no allocation of ours in steady state (same shapes again).
  /// Errors: kInvalidArgument (the engine refuses these values), kInternal (engine fault).
  virtual Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) = 0;
  /// For good, and from any thread: the Run() in progress and every later one fail with kCancelled, as soon as the engine looks, which is
  /// between nodes of the graph (a Loop without end has many). Nothing happens where an engine cannot.
  virtual void Stop() {}
};

/// A loaded model of any shape: several inputs and outputs, any datatype of the protocol, dynamic axes.
/// Lifecycle: OpenOnnxModel() (or a fake); immutable after. Threads: any number, each with a Runner of its own.
class ModelEngine {
 public:
  virtual ~ModelEngine() = default;
  virtual const Signature& signature() const = 0;
  virtual Result<std::unique_ptr<Runner>> MakeRunner() const = 0;
  /// What the loaded model holds of memory, in bytes, as well as we know it: for the budget of a repository.
  virtual std::size_t bytes() const = 0;
};

/// Checks ONNX bytes (opsets, domains, sizes, no external data) and loads them with ONNX Runtime: one thread per Run(), the caller's.
/// Errors: kInvalidArgument (damaged, refused by the check, or with an input or output that is no tensor: says which and why),
/// kFailedPrecondition (library not found: names the places and tools/bootstrap).
Result<std::unique_ptr<ModelEngine>> OpenOnnxModel(std::string_view onnx);

/// Whether `shape` and `type` are what `info` asks for; says what is expected: `input "hour" has shape [2,1], expected [-1,1]`.
/// Errors: kInvalidArgument.
Result<void> Check(const TensorInfo& info, DataType type, std::span<const std::int64_t> shape);

}  // namespace edgewise::score
