#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "score/detail/json_tensor.h"
#include "score/detail/numbers.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {
namespace {

using Kind = PlainCell::Kind;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

bool IsMissing(const PlainCell& cell) {
  if (cell.kind == Kind::kMissing) return true;
  return cell.kind == Kind::kWritten && (cell.text.empty() || cell.text == "NA" || cell.text == "NaN" || cell.text == "null");
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
    if (cell.kind == Kind::kFlag) out = cell.flag;
    if (cell.kind == Kind::kWritten) out = cell.text == "true" || cell.text == "1";
    return cell.kind == Kind::kFlag || (cell.kind == Kind::kWritten && (out || cell.text == "false" || cell.text == "0"));
  } else if constexpr (std::is_floating_point_v<T>) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (cell.kind == Kind::kFlag || cell.kind == Kind::kText) return false;
    if (cell.kind == Kind::kSigned) value = static_cast<double>(cell.integer);
    if (cell.kind == Kind::kUnsigned) value = static_cast<double>(cell.natural);
    if (cell.kind == Kind::kNumber) value = cell.number;
    if (cell.kind == Kind::kWritten && !IsMissing(cell) && (!ReadWhole(cell.text, value) || !std::isfinite(value))) return false;
    if (std::is_same_v<T, float> && std::abs(value) >= kFloatEnd) return false;
    out = static_cast<T>(value);
    return true;
  } else {
    if (cell.kind == Kind::kSigned) return Fit(cell.integer, out);
    if (cell.kind == Kind::kUnsigned) return Fit(cell.natural, out);
    return cell.kind == Kind::kWritten && ReadWhole(cell.text, out);
  }
}

/// One tensor, value by value, whatever its type.
class TensorFiller {
 public:
  TensorFiller(const TensorInfo& info, TensorStore& store, std::size_t count) : info_(info), store_(store) {
    if (info.type != DataType::kBytes) next_ = store.Values(count * SizeOf(info.type)).data();
  }

  bool Put(const PlainCell& cell) {
    switch (info_.type) {
      case DataType::kBool: return PutAs<bool>(cell);
      case DataType::kUint8: return PutAs<std::uint8_t>(cell);
      case DataType::kUint16: return PutAs<std::uint16_t>(cell);
      case DataType::kUint32: return PutAs<std::uint32_t>(cell);
      case DataType::kUint64: return PutAs<std::uint64_t>(cell);
      case DataType::kInt8: return PutAs<std::int8_t>(cell);
      case DataType::kInt16: return PutAs<std::int16_t>(cell);
      case DataType::kInt32: return PutAs<std::int32_t>(cell);
      case DataType::kInt64: return PutAs<std::int64_t>(cell);
      case DataType::kFp32: return PutAs<float>(cell);
      case DataType::kFp64: return PutAs<double>(cell);
      case DataType::kBytes:
        if (cell.kind != Kind::kText && cell.kind != Kind::kWritten) return false;
        store_.AddText(cell.text);
        return true;
      case DataType::kFp16:
      case DataType::kBf16: break;
    }
    return false;
  }
  std::string Expectation() const {
    if (info_.type == DataType::kBytes) return "expected text";
    if (info_.type == DataType::kBool) return "expected true or false";
    const bool takes_null = info_.type == DataType::kFp32 || info_.type == DataType::kFp64;
    return fmt::format("expected a number of type {}{}", NameOf(info_.type), takes_null ? ", or null" : "");
  }

 private:
  template <class T>
  bool PutAs(const PlainCell& cell) {
    T value{};
    if (!Convert(cell, value)) return false;
    std::memcpy(next_, &value, sizeof(T));
    next_ += sizeof(T);
    return true;
  }

  const TensorInfo& info_;
  TensorStore& store_;
  std::byte* next_ = nullptr;
};

/// Begins the tensor of an input, with as many rows, and what its other axes are.
Result<void> Begin(const ModelVersion& version, std::size_t index, std::span<const std::int64_t> shape, InferRequest& request) {
  const auto& info = version.signature().inputs[index];
  EDGEWISE_TRY(Check(info, info.type, shape));
  request.tensors.Begin(index, info.type, shape);
  return {};
}

Result<void> FillTable(const PlainTable& table, const ModelVersion& version, InferRequest& request) {
  const auto& info = version.signature().inputs[0];
  EDGEWISE_TRY(Begin(version, 0, std::array{static_cast<std::int64_t>(table.rows), static_cast<std::int64_t>(table.columns)}, request));
  TensorFiller filler(info, request.tensors, table.cells.size());
  for (std::size_t i = 0; i < table.cells.size(); ++i) {
    if (!filler.Put(table.cells[i])) {
      return Invalid(fmt::format("row {}, value {}: {}", i / table.columns, i % table.columns, filler.Expectation()));
    }
  }
  return {};
}

Result<void> FillColumn(const PlainTable& table, std::size_t column, const ModelVersion& version, InferRequest& request) {
  const auto& info = version.signature().inputs[column];
  const std::array shape{static_cast<std::int64_t>(table.rows), std::int64_t{1}};
  EDGEWISE_TRY(Begin(version, column, std::span(shape).first(info.shape.size()), request));
  TensorFiller filler(info, request.tensors, table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (!filler.Put(table.cells[row * table.columns + column])) {
      return Invalid(fmt::format("row {}, \"{}\": {}", row, info.name, filler.Expectation()));
    }
  }
  return {};
}

Result<void> ReadSample(std::span<const PlainCell> cells, std::size_t row, const feature::Program& program, feature::Sample& sample) {
  std::size_t number = 0;
  std::size_t category = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto& output = program.outputs()[i];
    const auto& cell = cells[i];
    if (output.category) {
      const bool is_text = cell.kind == Kind::kText || cell.kind == Kind::kWritten;
      if (!is_text && cell.kind != Kind::kMissing) return Invalid(fmt::format("row {}, \"{}\": expected text or null", row, output.name));
      sample.categories[category++] = is_text ? cell.text : std::string_view();
    } else if (!Convert(cell, sample.numbers[number++])) {
      return Invalid(fmt::format("row {}, \"{}\": expected a number or null", row, output.name));
    }
  }
  return {};
}

/// Lists of numbers are in the model's own terms already; a category among them is its place in the vocabulary.
bool IsEncoded(std::span<const PlainCell> cells) {
  return std::ranges::all_of(cells, [](const PlainCell& cell) { return cell.kind < Kind::kText && cell.kind != Kind::kFlag; });
}

Result<void> FillProgram(const PlainTable& table, const ModelVersion& version, InferRequest& request) {
  const auto& program = *version.program();
  EDGEWISE_TRY(Begin(version, 0, std::array{static_cast<std::int64_t>(table.rows), static_cast<std::int64_t>(table.columns)}, request));
  const auto room = request.tensors.Values(table.cells.size() * sizeof(float));
  const std::span<float> values(reinterpret_cast<float*>(room.data()), table.cells.size());
  feature::Sample sample{std::vector<float>(program.numbers()), std::vector<std::string>(program.categories())};
  for (std::size_t row = 0; row < table.rows; ++row) {
    const auto cells = std::span(table.cells).subspan(row * table.columns, table.columns);
    const auto encoded = values.subspan(row * table.columns, table.columns);
    if (table.is_list[row] && IsEncoded(cells)) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!Convert(cells[i], encoded[i])) return Invalid(fmt::format("row {}, value {}: expected a number or null", row, i));
      }
      continue;
    }
    EDGEWISE_TRY(ReadSample(cells, row, program, sample));
    program.Encode(sample, encoded);
  }
  return {};
}

}  // namespace

Result<void> FillFromTable(const PlainTable& table, const PlainLayout& layout, const ModelVersion& version, InferRequest& request) {
  request.Clear(version.signature());
  if (version.signature().batches) request.rows = table.rows;
  switch (layout.kind) {
    case PlainLayout::Kind::kProgram: return FillProgram(table, version, request);
    case PlainLayout::Kind::kTable: return FillTable(table, version, request);
    case PlainLayout::Kind::kColumns: break;
  }
  for (std::size_t column = 0; column < table.columns; ++column) EDGEWISE_TRY(FillColumn(table, column, version, request));
  return {};
}

namespace {

/// Lengths along the first element of each list; what is shaped otherwise is found when it is read.
Result<std::vector<std::int64_t>> ShapeOf(simdjson::dom::array list) {
  std::vector<std::int64_t> shape;
  while (true) {
    if (shape.size() == kMostAxes) return Invalid(fmt::format("\"instances\" nest deeper than {} axes", kMostAxes));
    shape.push_back(static_cast<std::int64_t>(list.size()));
    if (list.size() == 0) return shape;
    simdjson::dom::array inner;
    if (list.at(0).get(inner)) return shape;
    list = inner;
  }
}

Result<void> PutNested(const simdjson::dom::array& list, std::span<const std::int64_t> shape, TensorFiller& filler) {
  if (static_cast<std::int64_t>(list.size()) != shape[0]) return Invalid("\"instances\" are nested unevenly: lists beside each other differ in length");
  for (const auto element : list) {
    simdjson::dom::array inner;
    const bool is_list = element.get(inner) == simdjson::SUCCESS;
    if (is_list != (shape.size() > 1)) return Invalid("\"instances\" are nested unevenly: lists and values stand beside each other");
    if (is_list) {
      EDGEWISE_TRY(PutNested(inner, shape.subspan(1), filler));
    } else if (element.is_object() || !filler.Put(CellOf(element))) {
      return Invalid(fmt::format("\"instances\" hold something else: {}", filler.Expectation()));
    }
  }
  return {};
}

}  // namespace

Result<void> FillFromNested(const simdjson::dom::array& rows, std::size_t bytes, const ModelVersion& version, InferRequest& request) {
  const auto& signature = version.signature();
  if (signature.inputs.size() != 1) {
    return Fail(Code::kFailedPrecondition, fmt::format("model \"{}\" has several inputs that are no columns: use /v2/models/{}/infer",
                                                       version.model(), version.model()));
  }
  request.Clear(signature);
  EDGEWISE_ASSIGN(const auto shape, ShapeOf(rows));
  if (rows.size() == 0 || rows.size() > version.max_rows()) {
    return Invalid(fmt::format("{} instances in one request, expected 1 to {}", rows.size(), version.max_rows()));
  }
  const auto count = CountElements(shape, bytes);  // a value takes a character at least: more of them are not there
  if (!count || *count == 0) return Invalid("\"instances\" are nested unevenly, or hold no values");
  EDGEWISE_TRY(Begin(version, 0, shape, request));
  TensorFiller filler(signature.inputs[0], request.tensors, *count);
  EDGEWISE_TRY(PutNested(rows, shape, filler));
  if (signature.batches) request.rows = rows.size();
  return {};
}

}  // namespace edgewise::score::detail
