#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/detail/numbers.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {

/// Whether nothing was said: null, or what stands for it in CSV.
inline bool IsMissing(const PlainCell& cell) {
  if (cell.kind == PlainCell::Kind::kMissing) return true;
  return cell.kind == PlainCell::Kind::kWritten && (cell.text.empty() || cell.text == "NA" || cell.text == "NaN" || cell.text == "null");
}

template <class T>
bool ReadWhole(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

template <class To, class From>
bool Fit(From value, To& out) {
  if (!std::in_range<To>(value)) return false;
  out = static_cast<To>(value);
  return true;
}

/// What a cell is as T. False: it is none.
template <class T>
bool Convert(const PlainCell& cell, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (cell.kind == PlainCell::Kind::kFlag) out = cell.flag;
    if (cell.kind == PlainCell::Kind::kWritten) out = cell.text == "true" || cell.text == "1";
    return cell.kind == PlainCell::Kind::kFlag ||
           (cell.kind == PlainCell::Kind::kWritten && (out || cell.text == "false" || cell.text == "0"));
  } else if constexpr (std::is_floating_point_v<T>) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (cell.kind == PlainCell::Kind::kFlag || cell.kind == PlainCell::Kind::kText) return false;
    if (cell.kind == PlainCell::Kind::kSigned) value = static_cast<double>(cell.integer);
    if (cell.kind == PlainCell::Kind::kUnsigned) value = static_cast<double>(cell.natural);
    if (cell.kind == PlainCell::Kind::kNumber) value = cell.number;
    if (cell.kind == PlainCell::Kind::kWritten && !IsMissing(cell) && (!ReadWhole(cell.text, value) || !std::isfinite(value))) return false;
    if (std::is_same_v<T, float> && std::abs(value) >= kFloatEnd) return false;
    out = static_cast<T>(value);
    return true;
  } else {
    if (cell.kind == PlainCell::Kind::kSigned) return Fit(cell.integer, out);
    if (cell.kind == PlainCell::Kind::kUnsigned) return Fit(cell.natural, out);
    return cell.kind == PlainCell::Kind::kWritten && ReadWhole(cell.text, out);
  }
}

/// One tensor, value by value, whatever its type. Begins the tensor; borrows info and request.
class TensorFiller {
 public:
  /// Errors: kInvalidArgument (the input is not shaped so).
  static Result<TensorFiller> Begin(const ModelVersion& version, std::size_t input, std::span<const std::int64_t> shape, std::size_t count,
                                    InferRequest& request);
  /// False: the cell is nothing that the tensor's type can hold; Expectation() says what is.
  bool Put(const PlainCell& cell);
  std::string Expectation() const;

 private:
  TensorFiller(const TensorInfo& info, TensorStore& store, std::size_t count);
  template <class T>
  bool PutAs(const PlainCell& cell);

  const TensorInfo* info_;
  TensorStore* store_;
  std::byte* next_ = nullptr;
};

}  // namespace edgewise::score::detail
