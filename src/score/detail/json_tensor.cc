#include "score/detail/json_tensor.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace ondemand = simdjson::ondemand;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

/// Whether the library says that the text is broken, not only that a value is of another kind.
bool IsBroken(simdjson::error_code error) {
  return error != simdjson::INCORRECT_TYPE && error != simdjson::NUMBER_ERROR && error != simdjson::NUMBER_OUT_OF_RANGE;
}

template <class T>
simdjson::error_code ReadElement(simdjson::simdjson_result<ondemand::value>&& element, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    return element.get_bool().get(out);
  } else if constexpr (std::is_floating_point_v<T>) {
    double value = 0;
    if (const auto error = element.get_double().get(value)) return error;
    if constexpr (std::is_same_v<T, float>) {
      if (std::abs(value) >= kFloatEnd) return simdjson::NUMBER_OUT_OF_RANGE;
    }
    out = static_cast<T>(value);
  } else {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    Wide value = 0;
    const auto error = [&] {
      if constexpr (std::is_signed_v<T>) return element.get_int64().get(value);
      if constexpr (!std::is_signed_v<T>) return element.get_uint64().get(value);
    }();
    if (error) return error;
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return simdjson::NUMBER_OUT_OF_RANGE;
    out = static_cast<T>(value);
  }
  return simdjson::SUCCESS;
}

/// Takes numbers and booleans to where they belong.
template <class T>
class Numbers {
 public:
  explicit Numbers(std::span<std::byte> room) : next_(reinterpret_cast<T*>(room.data())) {}
  simdjson::error_code Take(simdjson::simdjson_result<ondemand::value>&& element) { return ReadElement(std::move(element), *next_++); }

 private:
  T* next_;
};

class Texts {
 public:
  explicit Texts(TensorStore& store) : store_(store) {}
  simdjson::error_code Take(simdjson::simdjson_result<ondemand::value>&& element) {
    std::string_view text;
    const auto error = element.get_string().get(text);
    if (!error) store_.AddText(text);
    return error;
  }

 private:
  TensorStore& store_;
};

template <class Target>
class Reader {
 public:
  Reader(Target target, DataType type, std::span<const std::int64_t> shape, std::size_t count)
      : target_(target), type_(type), shape_(shape), count_(count) {}

  Result<void> Read(ondemand::value data) {
    ondemand::array array;
    if (const auto error = data.get_array().get(array)) {
      return IsBroken(error) ? std::unexpected(NotJson(error)) : Invalid("\"data\" must be an array");
    }
    bool nested = false;
    if (shape_.size() > 1) {
      EDGEWISE_ASSIGN(nested, BeginsWithArray(array));
    }
    if (nested) return ReadAxis(array, 0);
    return ReadElements(array, count_);
  }

 private:
  static Result<bool> BeginsWithArray(ondemand::array& array) {
    bool empty = true;
    if (const auto error = array.is_empty().get(empty)) return std::unexpected(NotJson(error));
    if (empty) return false;
    ondemand::array_iterator first;
    ondemand::value value;
    ondemand::json_type kind{};
    auto error = array.begin().get(first);
    if (!error) error = (*first).get(value);
    if (!error) error = value.type().get(kind);
    bool some = false;
    if (!error) error = array.reset().get(some);
    if (error) return std::unexpected(NotJson(error));
    return kind == ondemand::json_type::array;
  }

  Result<void> ReadAxis(ondemand::array array, std::size_t axis) {
    const auto expected = static_cast<std::size_t>(shape_[axis]);
    if (axis + 1 == shape_.size()) return ReadElements(array, expected);
    std::size_t lists = 0;
    for (auto element : array) {
      ondemand::array inner;
      if (const auto error = element.get_array().get(inner)) {
        if (IsBroken(error)) return std::unexpected(NotJson(error));
        return Invalid(
            fmt::format("\"data\" is nested unevenly: a list is missing at depth {}; send it flat or as its shape says", axis + 2));
      }
      if (lists++ == expected) return WrongLength(axis, expected);
      EDGEWISE_TRY(ReadAxis(inner, axis + 1));
    }
    if (lists != expected) return WrongLength(axis, expected);
    return {};
  }

  Result<void> ReadElements(ondemand::array array, std::size_t expected) {
    const std::size_t end = taken_ + expected;
    for (auto element : array) {
      if (taken_ == end) return WrongCount(expected, "more");
      if (const auto error = target_.Take(std::move(element))) return WrongElement(error);
      ++taken_;
    }
    if (taken_ != end) return WrongCount(expected, "less");
    return {};
  }

  std::unexpected<Error> WrongLength(std::size_t axis, std::size_t expected) const {
    return Invalid(
        fmt::format("\"data\" is nested unevenly: a list at depth {} does not have the {} lists of its shape", axis + 1, expected));
  }
  std::unexpected<Error> WrongCount(std::size_t expected, std::string_view how) const {
    return Invalid(fmt::format("\"data\" has {} than the {} elements of its shape{}", how, expected,
                               expected == count_ ? "" : " in one of its lists"));
  }
  std::unexpected<Error> WrongElement(simdjson::error_code error) const {
    if (IsBroken(error)) return std::unexpected(NotJson(error));
    return Invalid(fmt::format("\"data\" holds something at element {} that is no {} ({}; JSON has no NaN: binary tensors do)", taken_,
                               NameOf(type_), Expectation()));
  }
  std::string_view Expectation() const {
    if (type_ == DataType::kBool) return "expected true or false";
    if (type_ == DataType::kBytes) return "expected text";
    return "expected a number in its range";
  }

  Target target_;
  DataType type_;
  std::span<const std::int64_t> shape_;
  std::size_t count_;
  std::size_t taken_ = 0;
};

template <class T>
Result<void> ReadAs(ondemand::value data, DataType type, std::span<const std::int64_t> shape, std::size_t count, TensorStore& store) {
  return Reader(Numbers<T>(store.Values(count * sizeof(T))), type, shape, count).Read(data);
}

}  // namespace

Error NotJson(simdjson::error_code error) {
  return {Code::kInvalidArgument, fmt::format("the request is not JSON: {}", simdjson::error_message(error))};
}

Result<void> ReadJsonTensor(ondemand::value data, DataType type, std::span<const std::int64_t> shape, std::size_t count,
                            TensorStore& store) {
  switch (type) {
    case DataType::kBool:
      return ReadAs<bool>(data, type, shape, count, store);
    case DataType::kUint8:
      return ReadAs<std::uint8_t>(data, type, shape, count, store);
    case DataType::kUint16:
      return ReadAs<std::uint16_t>(data, type, shape, count, store);
    case DataType::kUint32:
      return ReadAs<std::uint32_t>(data, type, shape, count, store);
    case DataType::kUint64:
      return ReadAs<std::uint64_t>(data, type, shape, count, store);
    case DataType::kInt8:
      return ReadAs<std::int8_t>(data, type, shape, count, store);
    case DataType::kInt16:
      return ReadAs<std::int16_t>(data, type, shape, count, store);
    case DataType::kInt32:
      return ReadAs<std::int32_t>(data, type, shape, count, store);
    case DataType::kInt64:
      return ReadAs<std::int64_t>(data, type, shape, count, store);
    case DataType::kFp32:
      return ReadAs<float>(data, type, shape, count, store);
    case DataType::kFp64:
      return ReadAs<double>(data, type, shape, count, store);
    case DataType::kBytes:
      return Reader(Texts(store), type, shape, count).Read(data);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return Invalid(fmt::format("{} has no JSON form: send it as a binary tensor (binary_data_size)", NameOf(type)));
}

Result<void> SkipJson(ondemand::value value, int depth) {
  if (depth > kDeepestRequest) return Invalid(fmt::format("the request nests deeper than {} levels", kDeepestRequest));
  const auto check = [](simdjson::error_code error) -> Result<void> {
    return error ? Result<void>(std::unexpected(NotJson(error))) : Result<void>();
  };
  ondemand::json_type kind{};
  if (const auto error = value.type().get(kind)) return std::unexpected(NotJson(error));
  switch (kind) {
    case ondemand::json_type::array:
      for (auto element : value.get_array()) {
        ondemand::value inner;
        if (const auto error = std::move(element).get(inner)) return std::unexpected(NotJson(error));
        EDGEWISE_TRY(SkipJson(inner, depth + 1));
      }
      return {};
    case ondemand::json_type::object:
      for (auto element : value.get_object()) {
        ondemand::field field;
        std::string_view key;
        if (const auto error = std::move(element).get(field)) return std::unexpected(NotJson(error));
        if (const auto error = field.unescaped_key().get(key)) return std::unexpected(NotJson(error));
        EDGEWISE_TRY(SkipJson(field.value(), depth + 1));
      }
      return {};
    case ondemand::json_type::number:
      return check(value.get_double().error());
    case ondemand::json_type::string:
      return check(value.get_string().error());
    case ondemand::json_type::boolean:
      return check(value.get_bool().error());
    case ondemand::json_type::null: {
      bool is_null = false;
      const auto error = value.is_null().get(is_null);
      return error || is_null ? check(error) : check(simdjson::N_ATOM_ERROR);
    }
  }
  return check(simdjson::TAPE_ERROR);
}

}  // namespace edgewise::score::detail
