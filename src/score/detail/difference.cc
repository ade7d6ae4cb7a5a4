#include "score/detail/difference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace edgewise::score::detail {
namespace {

struct Half {
  std::uint16_t bits;
};
struct Brain {
  std::uint16_t bits;
};

template <class T>
double Number(T value) {
  return static_cast<double>(value);
}
/// IEEE 754 binary16.
double Number(Half half) {
  const int exponent = (half.bits >> 10) & 31;
  const int fraction = half.bits & 1023;
  double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) size = fraction == 0 ? INFINITY : NAN;
  return (half.bits & 0x8000) != 0 ? -size : size;
}
double Number(Brain brain) { return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(brain.bits) << 16U)); }

void CompareNumber(double one, double other, Difference& difference) {
  ++difference.values;
  if (one == other || (std::isnan(one) && std::isnan(other))) return;
  if (std::isfinite(one) && std::isfinite(other)) {
    difference.sum += std::abs(one - other);
  } else {
    ++difference.unequal;
  }
}

template <class T>
void CompareNumbers(std::span<const std::byte> some, std::span<const std::byte> others, Difference& difference) {
  for (std::size_t at = 0; at + sizeof(T) <= std::min(some.size(), others.size()); at += sizeof(T)) {
    T one;
    T other;
    std::memcpy(&one, some.data() + at, sizeof(T));
    std::memcpy(&other, others.data() + at, sizeof(T));
    CompareNumber(Number(one), Number(other), difference);
  }
}

void CompareTexts(const TensorView& one, const TensorView& other, Difference& difference) {
  for (std::size_t i = 0; i < std::min(one.strings.size(), other.strings.size()); ++i) {
    difference.unequal += one.strings[i] == other.strings[i] ? 0 : 1;
  }
}

void CompareTensor(const TensorView& one, const TensorView& other, Difference& difference) {
  switch (one.type) {
    case DataType::kBool:
    case DataType::kUint8:
      return CompareNumbers<std::uint8_t>(one.bytes, other.bytes, difference);
    case DataType::kUint16:
      return CompareNumbers<std::uint16_t>(one.bytes, other.bytes, difference);
    case DataType::kUint32:
      return CompareNumbers<std::uint32_t>(one.bytes, other.bytes, difference);
    case DataType::kUint64:
      return CompareNumbers<std::uint64_t>(one.bytes, other.bytes, difference);
    case DataType::kInt8:
      return CompareNumbers<std::int8_t>(one.bytes, other.bytes, difference);
    case DataType::kInt16:
      return CompareNumbers<std::int16_t>(one.bytes, other.bytes, difference);
    case DataType::kInt32:
      return CompareNumbers<std::int32_t>(one.bytes, other.bytes, difference);
    case DataType::kInt64:
      return CompareNumbers<std::int64_t>(one.bytes, other.bytes, difference);
    case DataType::kFp16:
      return CompareNumbers<Half>(one.bytes, other.bytes, difference);
    case DataType::kBf16:
      return CompareNumbers<Brain>(one.bytes, other.bytes, difference);
    case DataType::kFp32:
      return CompareNumbers<float>(one.bytes, other.bytes, difference);
    case DataType::kFp64:
      return CompareNumbers<double>(one.bytes, other.bytes, difference);
    case DataType::kBytes:
      return CompareTexts(one, other, difference);
  }
}

}  // namespace

std::optional<Difference> Compare(std::span<const TensorView> some, std::span<const TensorView> others) {
  Difference difference;
  if (some.size() != others.size()) return std::nullopt;
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (some[i].type != others[i].type || !std::ranges::equal(some[i].shape, others[i].shape)) return std::nullopt;
    CompareTensor(some[i], others[i], difference);
  }
  return difference;
}

}  // namespace edgewise::score::detail
