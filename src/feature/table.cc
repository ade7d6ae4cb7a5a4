#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "feature/program.h"

namespace edgewise::feature {
namespace {

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

std::string_view TakeLine(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::unexpected<Error> Bad(std::size_t line, std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("reference table: line {}: {}", line, what));
}

Result<std::size_t> Column(const std::vector<std::string_view>& header, std::string_view name) {
  const auto found = std::ranges::find(header, name);
  if (found == header.end()) return Bad(1, fmt::format("the header has no column \"{}\"", name));
  return static_cast<std::size_t>(found - header.begin());
}

bool ReadNumber(std::string_view cell, double& number) {
  number = std::numeric_limits<double>::quiet_NaN();
  if (cell.empty() || cell == "NA") return true;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  return error == std::errc() && end == cell.data() + cell.size();
}

}  // namespace

Result<Table> ReadTable(std::string_view csv, std::string_view key, std::span<const std::string> columns) {
  const auto header = Split(TakeLine(csv));
  EDGEWISE_ASSIGN(const std::size_t key_at, Column(header, key));
  std::vector<std::size_t> places;
  for (const auto& column : columns) {
    EDGEWISE_ASSIGN(const std::size_t place, Column(header, column));
    places.push_back(place);
  }
  Table table{.columns = {columns.begin(), columns.end()}, .rows = {}};
  for (std::size_t line = 2; !csv.empty(); ++line) {
    const auto text = TakeLine(csv);
    if (text.empty()) continue;
    const auto cells = Split(text);
    if (cells.size() != header.size())
      return Bad(line, fmt::format("{} cells, expected {} (quotes are not read)", cells.size(), header.size()));
    std::vector<double> values(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      if (!ReadNumber(cells[places[i]], values[i]))
        return Bad(line, fmt::format("column \"{}\" must be a number, NA or empty", columns[i]));
    if (!table.rows.emplace(std::string(cells[key_at]), std::move(values)).second)
      return Bad(line, "its key was there before; keep one line a key");
  }
  return table;
}

}  // namespace edgewise::feature
