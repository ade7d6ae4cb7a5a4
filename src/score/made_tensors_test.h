#pragma once

#include <limits>
#include <random>
#include <span>
#include <vector>

#include "score/tensor.h"

namespace edgewise::score::test {

/// A float32 tensor of a test's own.
struct Floats {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  TensorView View() const { return {.type = DataType::kFp32, .shape = shape, .bytes = std::as_bytes(std::span(values)), .strings = {}}; }
};

/// `rows` rows of `width` values in [-4, 4), one in ten missing where `missing` says so.
inline Floats MadeTensor(std::size_t rows, std::size_t width, unsigned seed, bool missing = true) {
  std::mt19937 random(seed);
  Floats made{.shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)}, .values = {}};
  for (std::size_t i = 0; i < rows * width; ++i) {
    const float value = static_cast<float>(random()) * 0x1p-29F - 4;
    made.values.push_back(missing && random() % 10 == 0 ? std::numeric_limits<float>::quiet_NaN() : value);
  }
  return made;
}

/// Owned bytes of an output: a view lives only until the next run.
struct Answer {
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  bool operator==(const Answer&) const = default;
};
inline std::vector<Answer> Kept(std::span<const TensorView> views) {
  std::vector<Answer> answers;
  for (const auto& view : views) answers.push_back({{view.shape.begin(), view.shape.end()}, {view.bytes.begin(), view.bytes.end()}});
  return answers;
}

}  // namespace edgewise::score::test
