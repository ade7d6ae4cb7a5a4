#include "site/folder_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace edgewise::site {
namespace {

/// Cuts CSV into rows of cells.
class CsvReader {
 public:
  struct Row {
    std::size_t line = 0;
    std::vector<std::string> cells;
    bool open = false;  ///< A quote is not closed.
  };
  explicit CsvReader(std::string_view bytes) : rest_(bytes) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  /// Nothing at the end. Empty lines are passed over.
  std::optional<Row> Next() {
    while (!rest_.empty() && (rest_.front() == '\n' || rest_.front() == '\r')) Take();
    if (rest_.empty()) return std::nullopt;
    Row row{.line = line_, .cells = {}};
    while (true) {
      row.cells.push_back(Cell(row.open));
      if (rest_.empty() || Take() == '\n') break;  // a comma goes on
    }
    if (!row.cells.back().empty() && row.cells.back().back() == '\r') row.cells.back().pop_back();
    return row;
  }

 private:
  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    line_ += c == '\n' ? 1 : 0;
    return c;
  }
  std::string Cell(bool& open) {
    std::string cell;
    if (!rest_.empty() && rest_.front() == '"') {
      Take();
      open = true;
      while (!rest_.empty()) {
        const char c = Take();
        if (c != '"') {
          cell += c;
        } else if (!rest_.empty() && rest_.front() == '"') {
          cell += Take();
        } else {
          open = false;
          break;
        }
      }
    }
    while (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\n') cell += Take();
    return cell;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

nlohmann::json NumberOrText(const std::string& cell) {
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error == std::errc() && end == cell.data() + cell.size() && std::isfinite(number)) return number;
  return cell;  // refused by who parses it, with the field's name
}

nlohmann::json WholeOrText(const std::string& cell) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  return error == std::errc() && end == cell.data() + cell.size() ? nlohmann::json(number) : nlohmann::json(cell);
}

std::string Dump(const nlohmann::json& object) { return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

FileRow RowOf(const CsvReader::Row& row, const std::vector<std::string>& header, const feature::StreamSpec& spec) {
  if (row.open) return {row.line, "", "a quote is not closed"};
  if (row.cells.size() != header.size())
    return {row.line, "", fmt::format("the row has {} cells, the header {}", row.cells.size(), header.size())};
  auto object = nlohmann::json::object();
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& cell = row.cells[i];
    const int field = spec.Find(header[i]);
    const bool number = field >= 0 && spec.fields[static_cast<std::size_t>(field)].kind == feature::FieldKind::kNumber;
    if (cell.empty() || (number && cell == "NA")) continue;
    if (header[i] == "seq") {
      object[header[i]] = WholeOrText(cell);
    } else if (field >= 0 || header[i] == "time" || header[i] == "producer") {
      object[header[i]] = number ? NumberOrText(cell) : nlohmann::json(cell);
    }
  }
  return {row.line, Dump(object), ""};
}

}  // namespace

bool IsRead(std::string_view name) {
  return !name.starts_with('.') && (name.ends_with(".csv") || name.ends_with(".jsonl") || name.ends_with(".ndjson"));
}

std::vector<FileRow> RowsOfCsv(std::string_view bytes, const feature::StreamSpec& spec) {
  CsvReader in(bytes);
  std::vector<FileRow> rows;
  const auto header = in.Next();
  if (!header) return rows;
  if (header->open) return {{header->line, "", "the header: a quote is not closed"}};
  for (const auto& name : header->cells) {
    if (std::ranges::count(header->cells, name) > 1) return {{header->line, "", fmt::format("the header names \"{}\" twice", name)}};
  }
  while (const auto row = in.Next()) rows.push_back(RowOf(*row, header->cells, spec));
  return rows;
}

std::vector<FileRow> RowsOfJsonLines(std::string_view bytes) {
  std::vector<FileRow> rows;
  for (std::size_t line = 1; !bytes.empty(); ++line) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    auto text = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") != std::string_view::npos) rows.push_back({line, std::string(text), ""});
  }
  return rows;
}

}  // namespace edgewise::site
