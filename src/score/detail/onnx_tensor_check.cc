#include "score/detail/onnx_tensor_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "score/detail/proto_reader.h"
#include "score/tensor.h"

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 56U;  // their bits can be counted in 64
constexpr std::size_t kMostAxes = 64;
constexpr std::size_t kFewIntegers = 64;
constexpr int kInt64 = 7;
constexpr int kString = 8;

/// How TensorProto stores a type outside raw_data.
enum Field : std::uint8_t { kFloats = 4, kInt32s = 5, kStrings = 6, kInt64s = 7, kDoubles = 10, kUint64s = 11 };

struct ElementType {
  std::size_t bits = 0;
  Field field = kInt32s;
  std::size_t entries = 1;  ///< Numbers of `field` for each element.
};

// TensorProto.DataType, by number: 0 is undefined. From 17 on: float8 in four kinds, int4 in two, float4, float8e8m0, int2 in two.
constexpr std::array<ElementType, 27> kTypes{{{},
                                              {32, kFloats},
                                              {8, kInt32s},
                                              {8, kInt32s},
                                              {16, kInt32s},
                                              {16, kInt32s},
                                              {32, kInt32s},
                                              {64, kInt64s},
                                              {0, kStrings},
                                              {8, kInt32s},
                                              {16, kInt32s},
                                              {64, kDoubles},
                                              {32, kUint64s},
                                              {64, kUint64s},
                                              {64, kFloats, 2},
                                              {128, kDoubles, 2},
                                              {16, kInt32s},
                                              {8, kInt32s},
                                              {8, kInt32s},
                                              {8, kInt32s},
                                              {8, kInt32s},
                                              {4, kInt32s},
                                              {4, kInt32s},
                                              {4, kInt32s},
                                              {8, kInt32s},
                                              {2, kInt32s},
                                              {2, kInt32s}}};

struct Reading {
  OnnxConstant constant;
  std::uint64_t type = 0;
  bool raw = false;
  std::string_view raw_bytes;
  std::array<std::size_t, 12> entries{};  // numbers seen of each typed field
  std::string_view reason;                // why it is refused
};

std::size_t CountVarints(std::string_view packed) {
  return static_cast<std::size_t>(std::ranges::count_if(packed, [](char byte) { return static_cast<unsigned char>(byte) < 128; }));
}

void TakeDims(Reading& reading, const ProtoField& field) {
  auto& shape = reading.constant.shape;
  if (field.kind == ProtoField::Kind::kVarint) {
    shape.push_back(static_cast<std::int64_t>(field.value));
  } else {
    ProtoReader packed(field.bytes);
    while (const auto value = packed.NextVarint()) {
      shape.push_back(static_cast<std::int64_t>(*value));
      if (shape.size() > kMostAxes) break;
    }
    if (!packed.ok()) reading.reason = "is damaged";
  }
  if (shape.size() > kMostAxes) reading.reason = "has more than 64 axes";
}

void TakeInt64s(OnnxConstant& constant, const ProtoField& field) {
  auto& integers = constant.integers;
  if (field.kind == ProtoField::Kind::kVarint && integers.size() < kFewIntegers) integers.push_back(static_cast<std::int64_t>(field.value));
  ProtoReader packed(field.bytes);
  while (integers.size() < kFewIntegers) {
    const auto value = packed.NextVarint();
    if (!value) break;
    integers.push_back(static_cast<std::int64_t>(*value));
  }
}

void TakeNumbers(Reading& reading, const ProtoField& field) {
  auto& count = reading.entries[field.number];
  const bool packed = field.kind == ProtoField::Kind::kBytes;
  switch (field.number) {
    case kFloats:
      count += packed ? field.bytes.size() / 4 : 1;
      break;
    case kDoubles:
      count += packed ? field.bytes.size() / 8 : 1;
      break;
    case kStrings:
      ++count;
      break;
    default:
      count += packed ? CountVarints(field.bytes) : 1;
  }
  if (field.number == kInt64s) TakeInt64s(reading.constant, field);
}

/// A field of another kind than its own is none, as protobuf has it.
bool Misfits(const ProtoField& field) {
  const bool bytes = field.number == 8 || field.number == 9 || field.number == 13 || field.number == kStrings;
  const bool number = field.number == 2 || field.number == 14;
  return (bytes && field.kind != ProtoField::Kind::kBytes) || (number && field.kind != ProtoField::Kind::kVarint);
}

void Take(Reading& reading, const ProtoField& field) {
  if (Misfits(field)) return;
  switch (field.number) {
    case 1:
      TakeDims(reading, field);
      break;
    case 2:
      reading.type = field.value;
      break;
    case 3:
      reading.reason = "is a segment of a tensor: save the model whole";
      break;
    case kFloats:
    case kInt32s:
    case kStrings:
    case kInt64s:
    case kDoubles:
    case kUint64s:
      TakeNumbers(reading, field);
      break;
    case 8:
      reading.constant.name = field.bytes;
      break;
    case 9:
      reading.raw = true;
      reading.raw_bytes = field.bytes;
      break;
    case 13:
      reading.reason = "has its data outside the file: save the model as one file";
      break;
    case 14:
      if (field.value != 0) reading.reason = "has its data outside the file: save the model as one file";
      break;
    default:
      break;
  }
}

std::unexpected<Error> Refuse(const OnnxConstant& constant, std::string_view why) {
  return Fail(Code::kInvalidArgument, fmt::format("the ONNX model cannot be loaded: tensor \"{}\" {}", constant.name.substr(0, 200), why));
}

void TakeRawIntegers(Reading& reading) {
  auto& constant = reading.constant;
  constant.integers.clear();
  for (std::size_t at = 0; at + 8 <= reading.raw_bytes.size() && constant.integers.size() < kFewIntegers; at += 8) {
    std::int64_t value = 0;
    std::memcpy(&value, reading.raw_bytes.data() + at, sizeof value);
    constant.integers.push_back(value);
  }
}

Result<void> CheckSize(Reading& reading) {
  auto& constant = reading.constant;
  const auto elements = CountElements(constant.shape, kMostElements);
  if (!elements) return Refuse(constant, fmt::format("cannot have shape {}", ShapeText(constant.shape)));
  constant.elements = *elements;
  const auto& type = kTypes[reading.type];
  constant.bits = type.bits;
  if (reading.raw) {
    const std::size_t expected = (*elements * type.bits + 7) / 8;
    if (reading.type != kString && reading.raw_bytes.size() == expected) return {};
    return Refuse(constant,
                  fmt::format("has {} bytes of data; shape {} takes {}", reading.raw_bytes.size(), ShapeText(constant.shape), expected));
  }
  // Elements of less than eight bits lie several in one number.
  const std::size_t expected = type.bits != 0 && type.bits < 8 ? (*elements * type.bits + 7) / 8 : *elements * type.entries;
  const std::size_t found = reading.entries[type.field];
  if (found == expected) return {};
  return Refuse(constant, fmt::format("has {} numbers of data; shape {} takes {}", found, ShapeText(constant.shape), expected));
}

}  // namespace

Result<OnnxConstant> ReadOnnxTensor(std::string_view message) {
  Reading reading;
  std::uint32_t seen = 0;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    // A field that says its one value twice says another thing to who reads the first than to who reads the last.
    const bool single = field->number == 2 || field->number == 8 || field->number == 9 || field->number == 14;
    if (single && (seen >> field->number & 1U) != 0) reading.reason = "says something twice";
    if (single) seen |= 1U << field->number;
    Take(reading, *field);
    if (!reading.reason.empty()) return Refuse(reading.constant, reading.reason);
  }
  if (!reader.ok()) return Refuse(reading.constant, "is damaged");
  if (reading.type == 0 || reading.type >= kTypes.size()) {
    return Refuse(reading.constant, fmt::format("has element type {}, which ONNX does not know", reading.type));
  }
  EDGEWISE_TRY(CheckSize(reading));
  if (reading.type != kInt64) reading.constant.integers.clear();
  if (reading.type == kInt64 && reading.raw) TakeRawIntegers(reading);
  return std::move(reading.constant);
}

}  // namespace edgewise::score::detail
