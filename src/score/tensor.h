#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgewise::score {

/// The datatypes of the Open Inference Protocol, and BF16.
enum class DataType : std::uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes
};

/// "FP32", "BYTES", ...: the protocol's names.
std::string_view NameOf(DataType type);
std::optional<DataType> DataTypeOf(std::string_view name);
/// Bytes of one element; 0 for BYTES, whose elements have a length each.
std::size_t SizeOf(DataType type);

/// What a model says of one of its inputs or outputs.
struct TensorInfo {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<std::int64_t> shape;  ///< -1 = any size.
  bool ranked = true;               ///< False: the model says no number of axes; `shape` is empty and any shape fits.
};

/// A tensor that lies somewhere else: row-major, little-endian; BOOL one byte each, 0 or 1. Copies nothing, owns nothing.
struct TensorView {
  DataType type = DataType::kFp32;
  std::span<const std::int64_t> shape;
  std::span<const std::byte> bytes;           ///< SizeOf(type) for each element; empty for BYTES.
  std::span<const std::string_view> strings;  ///< One for each element of BYTES; empty for the others.
};

/// The number of elements of a shape without -1. Nothing if an axis is negative or the product is over `limit`: a lie costs nothing.
std::optional<std::size_t> CountElements(std::span<const std::int64_t> shape, std::size_t limit);

/// "[2,-1]", for messages.
std::string ShapeText(std::span<const std::int64_t> shape);

}  // namespace edgewise::score
