#include <fmt/format.h>

#include <algorithm>

#include "score/detail/csv_rows.h"
#include "score/detail/numbers.h"
#include "score/detail/plain_filler.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {
namespace {

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

bool IsNumber(std::string_view text) {
  double value = 0;
  return ReadWhole(text, value);
}

/// The place that a table's column is called by, "x0" being the first; none for another name.
std::optional<std::size_t> PlaceOf(std::string_view name, std::size_t columns) {
  std::size_t place = 0;
  if (!name.starts_with('x') || !ReadWhole(name.substr(1), place) || place >= columns) return std::nullopt;
  return fmt::format("x{}", place) == name ? std::optional(place) : std::nullopt;
}

}  // namespace

Result<std::vector<std::size_t>> PlainReader::ReadHeader(const std::vector<std::string_view>& names) {
  std::vector<std::size_t> places;
  seen_.assign(layout_.columns, false);
  for (const auto name : names) {
    const auto column = Column(name, places.size());
    if (!column && std::ranges::all_of(names, IsNumber)) return Invalid("line 1 holds only numbers: the first line must name the columns");
    if (!column) return Fail(column.error().code, fmt::format("line 1: {}", column.error().message));
    places.push_back(*column);
    seen_[*column] = true;
  }
  if (names.size() == layout_.columns) return places;
  EDGEWISE_TRY(Computed(layout_.names[static_cast<std::size_t>(std::ranges::find(seen_, false) - seen_.begin())]));
  return places;
}

/// A table's columns have places and no names: x0, x1 and so on stand for them, so that no order of other names is taken on trust.
Result<std::vector<std::size_t>> PlainReader::ReadTableHeader(const std::vector<std::string_view>& names) const {
  const std::size_t columns = layout_.columns == 0 ? names.size() : layout_.columns;
  const auto expected = columns == 1 ? std::string("x0") : fmt::format("x0 to x{}, in any order", columns - 1);
  if (std::ranges::all_of(names, IsNumber)) {
    return Invalid(fmt::format("line 1 holds only numbers: the first line must name the columns, {}", expected));
  }
  std::vector<std::size_t> places;
  for (const auto name : names) {
    const auto place = PlaceOf(name, columns);
    if (!place) {
      return Invalid(fmt::format("line 1: no column is called {}: no model.json names the columns, so they are called by their places, {}",
                                 Quoted(name), expected));
    }
    places.push_back(*place);
  }
  if (names.size() == columns) return places;
  return Invalid(fmt::format("line 1 names {} columns, expected {}: {}", names.size(), columns, expected));
}

Result<void> PlainReader::ReadCsv(std::string_view csv) {
  std::vector<std::size_t> places;  // of the CSV's columns
  const auto take_header = [&](const std::vector<std::string_view>& names) -> Result<void> {
    EDGEWISE_ASSIGN(places, layout_.kind == PlainLayout::Kind::kTable ? ReadTableHeader(names) : ReadHeader(names));
    return {};
  };
  const auto take_row = [&](const std::vector<std::string_view>& values) -> Result<void> {
    EDGEWISE_TRY(BeginRow(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool lies_there = values[i].data() >= csv.data() && values[i].data() <= csv.data() + csv.size();
      const std::string_view text = lies_there ? values[i] : std::string_view(table_.texts.emplace_back(values[i]));
      auto& cell = cells()[places[i]];
      cell.kind = PlainCell::Kind::kWritten;
      cell.text = text;
    }
    return {};
  };
  return ReadCsvRows(csv, {take_header, take_row});
}

}  // namespace edgewise::score::detail
