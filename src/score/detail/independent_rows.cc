#include "score/detail/independent_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <random>

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kRows = 3;
constexpr std::size_t kMostElements = 4 << 20;

template <class T>
void Put(std::byte* at, double value) {
  const auto typed = static_cast<T>(value);
  std::memcpy(at, &typed, sizeof typed);
}

/// A number in [0, 2) for floating point, 0 or 1 for the others: what indices and categories take most likely. Halves stay zero.
void PutNumber(DataType type, std::mt19937& random, std::byte* at) {
  const double real = static_cast<double>(random() % 1000) / 500;
  const double whole = static_cast<double>(random() % 2);
  switch (type) {
    case DataType::kFp32:
      return Put<float>(at, real);
    case DataType::kFp64:
      return Put<double>(at, real);
    case DataType::kBool:
    case DataType::kUint8:
    case DataType::kInt8:
      return Put<std::uint8_t>(at, whole);
    case DataType::kUint16:
    case DataType::kInt16:
      return Put<std::uint16_t>(at, whole);
    case DataType::kUint32:
    case DataType::kInt32:
      return Put<std::uint32_t>(at, whole);
    case DataType::kUint64:
    case DataType::kInt64:
      return Put<std::uint64_t>(at, whole);
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      return;
  }
}

/// A few made rows of every input, of which any part can be looked at.
class MadeRows {
 public:
  /// False: they would be too large.
  bool Make(const Signature& signature) {
    std::mt19937 random(11);
    for (const auto& info : signature.inputs) {
      Input input{.type = info.type, .shape = info.shape, .bytes = {}, .texts = {}};
      for (auto& axis : input.shape) axis = axis < 0 ? 1 : axis;
      input.shape[0] = kRows;
      const auto count = CountElements(input.shape, kMostElements);
      if (!count) return false;
      const std::size_t size = SizeOf(info.type);
      input.bytes.resize(*count * size);
      for (std::size_t i = 0; i < *count && size > 0; ++i) PutNumber(info.type, random, input.bytes.data() + i * size);
      if (size == 0) {
        for (std::size_t i = 0; i < *count; ++i) input.texts.push_back(random() % 2 == 0 ? "a" : "b");
      }
      inputs_.push_back(std::move(input));
    }
    return true;
  }

  std::span<const TensorView> Views(std::size_t first, std::size_t rows) {
    views_.clear();
    for (auto& input : inputs_) {
      const std::size_t row_bytes = input.bytes.size() / kRows;
      const std::size_t row_texts = input.texts.size() / kRows;
      input.shape[0] = static_cast<std::int64_t>(rows);
      views_.push_back({.type = input.type,
                        .shape = input.shape,
                        .bytes = std::span(input.bytes).subspan(first * row_bytes, rows * row_bytes),
                        .strings = std::span(input.texts).subspan(first * row_texts, rows * row_texts)});
    }
    return views_;
  }

 private:
  struct Input {
    DataType type;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
    std::vector<std::string_view> texts;
  };
  std::vector<Input> inputs_;
  std::vector<TensorView> views_;
};

/// The outputs of some rows, copied.
struct Answer {
  std::vector<std::vector<std::byte>> bytes;
  std::vector<std::vector<std::string>> texts;
};

std::optional<Answer> Run(Runner& runner, std::span<const TensorView> inputs, std::span<const std::size_t> outputs) {
  const auto result = runner.Run(inputs, outputs);
  if (!result) return std::nullopt;
  Answer answer;
  for (const auto& output : *result) {
    answer.bytes.emplace_back(output.bytes.begin(), output.bytes.end());
    answer.texts.emplace_back(output.strings.begin(), output.strings.end());
  }
  return answer;
}

template <class T>
bool AreNear(std::span<const std::byte> one, std::span<const std::byte> other) {
  for (std::size_t at = 0; at + sizeof(T) <= one.size(); at += sizeof(T)) {
    T a{};
    T b{};
    std::memcpy(&a, one.data() + at, sizeof a);
    std::memcpy(&b, other.data() + at, sizeof b);
    if (std::isnan(a) && std::isnan(b)) continue;
    if (a != b && !(std::abs(a - b) <= T(1e-4) * std::max(T(1), std::abs(a)))) return false;
  }
  return true;
}

bool IsSame(DataType type, std::span<const std::byte> one, std::span<const std::byte> other) {
  if (one.size() != other.size()) return false;
  if (type == DataType::kFp32) return AreNear<float>(one, other);
  if (type == DataType::kFp64) return AreNear<double>(one, other);
  return std::ranges::equal(one, other);
}

}  // namespace

bool RowsAreIndependent(Runner& runner, const Signature& signature) {
  MadeRows rows;
  if (!rows.Make(signature)) return false;
  std::vector<std::size_t> outputs(signature.outputs.size());
  std::iota(outputs.begin(), outputs.end(), 0);
  const auto together = Run(runner, rows.Views(0, kRows), outputs);
  if (!together) return false;
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto alone = Run(runner, rows.Views(row, 1), outputs);
    if (!alone) return false;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::size_t bytes = together->bytes[i].size() / kRows;
      const std::size_t texts = together->texts[i].size() / kRows;
      if (!IsSame(signature.outputs[i].type, alone->bytes[i], std::span(together->bytes[i]).subspan(row * bytes, bytes))) return false;
      if (!std::ranges::equal(alone->texts[i], std::span(together->texts[i]).subspan(row * texts, texts))) return false;
    }
  }
  return true;
}

}  // namespace edgewise::score::detail
