#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "score/detail/plain_filler.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {
namespace {

using Kind = PlainCell::Kind;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

Result<void> FillTable(const PlainTable& table, const ModelVersion& version, InferRequest& request) {
  const std::array shape{static_cast<std::int64_t>(table.rows), static_cast<std::int64_t>(table.columns)};
  EDGEWISE_ASSIGN(auto filler, TensorFiller::Begin(version, 0, shape, table.cells.size(), request));
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
  EDGEWISE_ASSIGN(auto filler, TensorFiller::Begin(version, column, std::span(shape).first(info.shape.size()), table.rows, request));
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
  const auto& info = version.signature().inputs[0];
  const std::array shape{static_cast<std::int64_t>(table.rows), static_cast<std::int64_t>(table.columns)};
  EDGEWISE_TRY(Check(info, info.type, shape));
  request.tensors.Begin(0, info.type, shape);
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
    case PlainLayout::Kind::kProgram:
      return FillProgram(table, version, request);
    case PlainLayout::Kind::kTable:
      return FillTable(table, version, request);
    case PlainLayout::Kind::kColumns:
      break;
  }
  for (std::size_t column = 0; column < table.columns; ++column) EDGEWISE_TRY(FillColumn(table, column, version, request));
  return {};
}

}  // namespace edgewise::score::detail
