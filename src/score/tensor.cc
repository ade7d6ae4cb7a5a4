#include "score/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "score/model_engine.h"

namespace edgewise::score {
namespace {

struct Entry {
  DataType type;
  std::string_view name;
  std::size_t size;
};

// In the order of the enumeration: a DataType is an index.
constexpr std::array kTypes{
    Entry{DataType::kBool, "BOOL", 1},     Entry{DataType::kUint8, "UINT8", 1},   Entry{DataType::kUint16, "UINT16", 2},
    Entry{DataType::kUint32, "UINT32", 4}, Entry{DataType::kUint64, "UINT64", 8}, Entry{DataType::kInt8, "INT8", 1},
    Entry{DataType::kInt16, "INT16", 2},   Entry{DataType::kInt32, "INT32", 4},   Entry{DataType::kInt64, "INT64", 8},
    Entry{DataType::kFp16, "FP16", 2},     Entry{DataType::kBf16, "BF16", 2},     Entry{DataType::kFp32, "FP32", 4},
    Entry{DataType::kFp64, "FP64", 8},     Entry{DataType::kBytes, "BYTES", 0},
};
static_assert([] {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (std::to_underlying(kTypes[i].type) != i) return false;
  }
  return true;
}());

bool Fits(const TensorInfo& info, std::span<const std::int64_t> shape) {
  if (!info.ranked) return std::ranges::all_of(shape, [](std::int64_t axis) { return axis >= 0; });
  const auto fits = [](std::int64_t expected, std::int64_t axis) { return axis >= 0 && (expected == -1 || axis == expected); };
  return std::ranges::equal(info.shape, shape, fits);
}

}  // namespace

std::string_view NameOf(DataType type) { return kTypes[std::to_underlying(type)].name; }

std::optional<DataType> DataTypeOf(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &Entry::name);
  if (found == kTypes.end()) return std::nullopt;
  return found->type;
}

std::size_t SizeOf(DataType type) { return kTypes[std::to_underlying(type)].size; }

std::optional<std::size_t> CountElements(std::span<const std::int64_t> shape, std::size_t limit) {
  if (std::ranges::any_of(shape, [](std::int64_t axis) { return axis < 0; })) return std::nullopt;
  if (std::ranges::find(shape, 0) != shape.end()) return 0;  // however large the other axes say they are
  std::size_t count = 1;
  for (const auto axis : shape) {
    if (static_cast<std::uint64_t>(axis) > limit / count) return std::nullopt;
    count *= static_cast<std::size_t>(axis);
  }
  return count > limit ? std::nullopt : std::optional(count);
}

std::string ShapeText(std::span<const std::int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

Result<void> Check(const TensorInfo& info, DataType type, std::span<const std::int64_t> shape) {
  if (type != info.type) {
    return Fail(Code::kInvalidArgument,
                fmt::format("input \"{}\" has datatype {}, expected {}", info.name, NameOf(type), NameOf(info.type)));
  }
  if (!Fits(info, shape)) {
    return Fail(Code::kInvalidArgument, fmt::format("input \"{}\" has shape {}, expected {}", info.name, ShapeText(shape),
                                                    info.ranked ? ShapeText(info.shape) : "axes of 0 or more"));
  }
  return {};
}

}  // namespace edgewise::score
