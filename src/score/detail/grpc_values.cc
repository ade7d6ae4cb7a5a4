#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "score/detail/grpc_tensors.h"
#include "score/detail/kept_bytes.h"
#include "score/detail/wire.h"

namespace edgewise::score::detail {
namespace {

/// The number of the list of InferTensorContents that holds a datatype; 0: none does.
std::uint32_t ListOf(DataType type) {
  switch (type) {
    case DataType::kBool:
      return 1;
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return 2;
    case DataType::kInt64:
      return 3;
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
      return 4;
    case DataType::kUint64:
      return 5;
    case DataType::kFp32:
      return 6;
    case DataType::kFp64:
      return 7;
    case DataType::kBytes:
      return 8;
    case DataType::kFp16:
    case DataType::kBf16:
      return 0;
  }
  return 0;
}

std::string_view NameOfList(std::uint32_t list) {
  constexpr std::string_view kNames[] = {"",
                                         "bool_contents",
                                         "int_contents",
                                         "int64_contents",
                                         "uint_contents",
                                         "uint64_contents",
                                         "fp32_contents",
                                         "fp64_contents",
                                         "bytes_contents"};
  return kNames[list < std::size(kNames) ? list : 0];
}

template <class T>
bool NarrowTo(std::span<const std::int64_t> wide, std::vector<std::byte>& out) {
  out.resize(wide.size() * sizeof(T));
  auto* to = out.data();
  for (const auto value : wide) {
    if (!std::in_range<T>(value)) return false;
    const auto narrow = static_cast<T>(value);
    std::memcpy(to, &narrow, sizeof(T));
    to += sizeof(T);
  }
  return true;
}

/// False if a value is outside the datatype's range.
bool Narrow(std::span<const std::int64_t> wide, DataType type, std::vector<std::byte>& out) {
  switch (type) {
    case DataType::kBool:
      out.resize(wide.size());
      std::ranges::transform(wide, out.begin(), [](std::int64_t value) { return std::byte{value != 0}; });
      return true;
    case DataType::kInt8:
      return NarrowTo<std::int8_t>(wide, out);
    case DataType::kInt16:
      return NarrowTo<std::int16_t>(wide, out);
    case DataType::kInt32:
      return NarrowTo<std::int32_t>(wide, out);
    case DataType::kUint8:
      return NarrowTo<std::uint8_t>(wide, out);
    case DataType::kUint16:
      return NarrowTo<std::uint16_t>(wide, out);
    case DataType::kUint32:
      return NarrowTo<std::uint32_t>(wide, out);
    default:
      return false;
  }
}

Result<void> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

std::uint32_t LittleEndian32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
std::span<const std::byte> BytesOf(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace

void InputValues::Forget() {
  GiveBack(integers_);
  GiveBack(floats_);
  GiveBack(doubles_);
  GiveBack(bytes_);
  GiveBack(strings_);
}

Result<void> InputValues::ReadRaw(std::string_view raw, std::size_t count, TensorView& view) {
  if (view.type == DataType::kBytes) return ReadRawTexts(raw, count, view);
  const auto size = SizeOf(view.type);
  if (raw.size() / size != count || raw.size() % size != 0) {
    return Invalid(fmt::format("raw_input_contents holds {} bytes, but shape {} of {} needs {}", raw.size(), ShapeText(view.shape),
                               NameOf(view.type), count * size));
  }
  if (view.type == DataType::kBool && std::ranges::any_of(raw, [](char value) { return value != 0 && value != 1; })) {
    return Invalid("raw_input_contents of a BOOL holds a byte that is neither 0 nor 1");
  }
  view.bytes = std::as_bytes(std::span(raw));
  if (reinterpret_cast<std::uintptr_t>(raw.data()) % size != 0) {
    bytes_.assign(view.bytes.begin(), view.bytes.end());
    view.bytes = bytes_;
  }
  return {};
}

Result<void> InputValues::ReadRawTexts(std::string_view raw, std::size_t count, TensorView& view) {
  strings_.clear();
  while (raw.size() >= 4 && strings_.size() < count) {
    const auto size = LittleEndian32(raw.data());
    if (size > raw.size() - 4) break;
    strings_.push_back(raw.substr(4, size));
    raw.remove_prefix(4 + size);
  }
  if (strings_.size() != count || !raw.empty()) {
    return Invalid(fmt::format(
        "raw_input_contents of BYTES must hold {} elements, each as its length in 4 bytes (little-endian) and the element", count));
  }
  view.strings = strings_;
  return {};
}

Result<void> InputValues::ReadContents(std::string_view contents, std::size_t count, TensorView& view) {
  const auto list = ListOf(view.type);
  if (list == 0) return Invalid(fmt::format("{} has no typed contents: send raw_input_contents", NameOf(view.type)));
  integers_.clear();
  floats_.clear();
  doubles_.clear();
  strings_.clear();
  const auto limit = count + 1;  // one more than fits is enough to know
  WireReader reader(contents);
  while (reader.Next()) {
    if (reader.field() != list && reader.field() <= 8) {
      return Invalid(fmt::format("has {}, but {} is read from {}", NameOfList(reader.field()), NameOf(view.type), NameOfList(list)));
    }
    switch (reader.field()) {
      case 6:
        reader.Fixeds(floats_, limit);
        break;
      case 7:
        reader.Fixeds(doubles_, limit);
        break;
      case 8:
        strings_.size() < limit ? strings_.push_back(reader.Text()) : reader.Skip();
        break;
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        reader.Varints(integers_, limit);
        break;
      default:
        reader.Skip();
    }
  }
  const auto found = integers_.size() + floats_.size() + doubles_.size() + strings_.size();
  if (!reader.ok() || found != count) {
    return Invalid(fmt::format("{} does not hold the {} values of shape {}", NameOfList(list), count, ShapeText(view.shape)));
  }
  view.strings = strings_;
  switch (list) {
    case 3:
    case 5:
      view.bytes = BytesOf(integers_);
      break;
    case 6:
      view.bytes = BytesOf(floats_);
      break;
    case 7:
      view.bytes = BytesOf(doubles_);
      break;
    case 8:
      break;
    default:
      if (!Narrow(integers_, view.type, bytes_))
        return Invalid(fmt::format("{} holds a value that {} cannot", NameOfList(list), NameOf(view.type)));
      view.bytes = bytes_;
  }
  return {};
}

}  // namespace edgewise::score::detail
