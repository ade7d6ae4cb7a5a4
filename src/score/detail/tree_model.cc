#include "score/detail/tree_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <utility>

#include "score/detail/flat_trees.h"
#include "score/detail/only_trees.h"

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 40U;

/// What the sums of the trees become, as ONNX Runtime has it.
struct Finish {
  bool classifier = false;
  float base = 0;
  std::array<std::int64_t, 2> labels{};
  /// Of each output of the signature: whether it is the node's first (labels, or the regressor's sums) or second (probabilities).
  std::vector<int> places;
};

std::optional<Finish> FinishOf(const OnlyTrees& node, const Signature& signature) {
  const auto& trees = node.trees;
  Finish finish{.classifier = trees.classifier, .base = trees.base_values.empty() ? 0 : trees.base_values[0], .labels = {}, .places = {}};
  const bool negative = std::ranges::any_of(trees.weights, [](const TreeWeight& weight) { return weight.weight < 0; });
  if (trees.base_values.size() > 1) return std::nullopt;
  if (trees.classifier) {
    if (trees.labels.size() != 2 || trees.post_transform != "LOGISTIC" || !negative) return std::nullopt;
    finish.labels = {trees.labels[0], trees.labels[1]};
  } else if (trees.targets != 1 || trees.post_transform != "NONE" || trees.aggregate != "SUM") {
    return std::nullopt;
  }
  for (const auto& output : signature.outputs) {
    const auto found = std::ranges::find(node.outputs, output.name);
    if (found == node.outputs.end()) return std::nullopt;
    finish.places.push_back(static_cast<int>(found - node.outputs.begin()));
    const bool label = trees.classifier && finish.places.back() == 0;
    if (output.type != (label ? DataType::kInt64 : DataType::kFp32)) return std::nullopt;
  }
  return finish;
}

float Logistic(float value) {
  const float positive = 1.0F / (1.0F + std::exp(-std::abs(value)));
  return value < 0 ? 1.0F - positive : positive;
}

/// Kept memory for one output.
struct Column {
  std::vector<std::int64_t> shape;
  std::vector<float> floats;
  std::vector<std::int64_t> labels;
};

class TreeRunner final : public Runner {
 public:
  TreeRunner(const Signature& signature, const FlatTrees& trees, const Finish& finish)
      : signature_(signature), trees_(trees), finish_(finish), columns_(signature.outputs.size()) {}

  Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
    if (stopped_) return Fail(Code::kCancelled, "the run was stopped");
    EDGEWISE_TRY(CheckRequest(inputs, outputs));
    const auto& input = inputs[0];
    sums_.resize(static_cast<std::size_t>(input.shape[0]));
    trees_.Sum(Floats(input.bytes), sums_);
    for (auto& sum : sums_) sum += finish_.base;
    views_.clear();
    for (const auto index : outputs) views_.push_back(Fill(index));
    return views_;
  }
  void Stop() override { stopped_ = true; }

 private:
  Result<void> CheckRequest(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) const {
    if (inputs.size() != 1 || outputs.empty() || outputs.size() > columns_.size()) {
      return Fail(Code::kInvalidArgument, fmt::format("{} inputs and {} wanted outputs; the model has 1 input and {} outputs",
                                                      inputs.size(), outputs.size(), columns_.size()));
    }
    for (const auto index : outputs) {
      if (index >= columns_.size() || std::ranges::count(outputs, index) > 1) {
        return Fail(Code::kInvalidArgument, fmt::format("output {} is asked for twice, or is none of {}", index, columns_.size()));
      }
    }
    EDGEWISE_TRY(Check(signature_.inputs[0], inputs[0].type, inputs[0].shape));
    const auto elements = CountElements(inputs[0].shape, kMostElements);
    if (elements && *elements * sizeof(float) == inputs[0].bytes.size()) return {};
    return Fail(Code::kInvalidArgument, fmt::format("input \"{}\" has {} bytes for shape {}", signature_.inputs[0].name,
                                                    inputs[0].bytes.size(), ShapeText(inputs[0].shape)));
  }

  /// Where they lie, if floats may lie there.
  std::span<const float> Floats(std::span<const std::byte> bytes) {
    const std::size_t count = bytes.size() / sizeof(float);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0) return {reinterpret_cast<const float*>(bytes.data()), count};
    moved_.resize(count);
    std::memcpy(moved_.data(), bytes.data(), bytes.size());
    return moved_;
  }

  TensorView Fill(std::size_t index) {
    auto& column = columns_[index];
    const auto rows = static_cast<std::int64_t>(sums_.size());
    if (!finish_.classifier) {
      column.shape = {rows, 1};
      return {.type = DataType::kFp32, .shape = column.shape, .bytes = std::as_bytes(std::span(sums_)), .strings = {}};
    }
    if (finish_.places[index] == 0) {
      column.shape = {rows};
      column.labels.clear();
      for (const float sum : sums_) column.labels.push_back(finish_.labels[sum > 0 ? 1 : 0]);
      return {.type = DataType::kInt64, .shape = column.shape, .bytes = std::as_bytes(std::span(column.labels)), .strings = {}};
    }
    column.shape = {rows, 2};
    column.floats.clear();
    for (const float sum : sums_) {
      column.floats.push_back(Logistic(-sum));
      column.floats.push_back(Logistic(sum));
    }
    return {.type = DataType::kFp32, .shape = column.shape, .bytes = std::as_bytes(std::span(column.floats)), .strings = {}};
  }

  const Signature& signature_;
  const FlatTrees& trees_;
  const Finish& finish_;
  std::atomic<bool> stopped_ = false;
  std::vector<float> sums_;
  std::vector<float> moved_;
  std::vector<Column> columns_;
  std::vector<TensorView> views_;
};

class TreeModel final : public ModelEngine {
 public:
  TreeModel(Signature signature, FlatTrees trees, Finish finish)
      : signature_(std::move(signature)), trees_(std::move(trees)), finish_(std::move(finish)) {}
  const Signature& signature() const override { return signature_; }
  Result<std::unique_ptr<Runner>> MakeRunner() const override { return std::make_unique<TreeRunner>(signature_, trees_, finish_); }
  std::size_t bytes() const override { return sizeof *this + trees_.bytes(); }

 private:
  Signature signature_;
  FlatTrees trees_;
  Finish finish_;
};

/// Rows whose values are thresholds, their neighbours, NaN, infinities and what lies between.
std::vector<float> MadeRows(const OnnxTrees& trees, std::size_t rows, std::size_t width) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::mt19937 random(7);  // a seed: the same model is judged the same way each time
  std::vector<float> values;
  for (std::size_t i = 0; i < rows * width; ++i) {
    const float threshold = trees.nodes[random() % trees.nodes.size()].threshold;
    const std::array<float, 8> kinds{
        threshold,        threshold,  std::nextafter(threshold, -kInfinity),   std::nextafter(threshold, kInfinity),
        threshold * 0.5F, -threshold, std::numeric_limits<float>::quiet_NaN(), random() % 2 == 0 ? kInfinity : -kInfinity};
    values.push_back(kinds[random() % kinds.size()]);
  }
  return values;
}

bool SameBytes(const TensorView& a, const TensorView& b) {
  return a.type == b.type && std::ranges::equal(a.shape, b.shape) && std::ranges::equal(a.bytes, b.bytes);
}

bool Agrees(const ModelEngine& model, const ModelEngine& engine, const OnnxTrees& trees) {
  constexpr std::size_t kRows = 128;
  const auto width = static_cast<std::size_t>(model.signature().inputs[0].shape[1]);
  const auto values = MadeRows(trees, kRows, width);
  auto walk = model.MakeRunner();
  auto run = engine.MakeRunner();
  if (!walk || !run) return false;
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < model.signature().outputs.size(); ++i) wanted.push_back(i);
  for (const std::size_t rows : {kRows, std::size_t{1}}) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)};
    const TensorView view{
        .type = DataType::kFp32, .shape = shape, .bytes = std::as_bytes(std::span(values).first(rows * width)), .strings = {}};
    const auto ours = (*walk)->Run({&view, 1}, wanted);
    const auto theirs = (*run)->Run({&view, 1}, wanted);
    if (!ours || !theirs || !std::ranges::equal(*ours, *theirs, SameBytes)) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<ModelEngine> WithFlatTrees(std::string_view onnx, std::unique_ptr<ModelEngine> engine) {
  const auto& signature = engine->signature();
  if (!signature.batches || signature.inputs.size() != 1) return engine;
  const auto& input = signature.inputs[0];
  if (input.type != DataType::kFp32 || input.shape.size() != 2 || input.shape[1] <= 0) return engine;
  const auto node = ReadOnlyTrees(onnx);
  if (!node || node->trees.nodes.empty()) return engine;
  auto finish = FinishOf(*node, signature);
  auto flat = FlatTrees::Make(node->trees, static_cast<std::size_t>(input.shape[1]));
  if (!finish || !flat) return engine;
  auto model = std::make_unique<TreeModel>(signature, std::move(*flat), std::move(*finish));
  if (!Agrees(*model, *engine, node->trees)) return engine;
  return model;
}

}  // namespace edgewise::score::detail
