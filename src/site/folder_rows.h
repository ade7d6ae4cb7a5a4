#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "feature/record.h"

namespace edgewise::site {

/// A row of a file, as the JSON object that a route takes.
struct FileRow {
  std::size_t line = 0;  ///< Where it begins, from 1.
  std::string json;      ///< One line.
  std::string error;     ///< Why it is none; then there is no JSON.
};

/// Whether a file of this name is read: *.csv, *.jsonl, *.ndjson; none that begins with a dot or ends in .tmp or .part.
bool IsRead(std::string_view file_name);

/// The rows of a CSV file (RFC 4180; the first line names the columns; a byte order mark, CRLF and empty lines are passed over). `spec`
/// says what is a number: an empty cell and NA are then missing. Columns that are no field are left out. A row with more or fewer cells
/// than the header, or a quote that is not closed, is an error of that row.
std::vector<FileRow> RowsOfCsv(std::string_view bytes, const feature::StreamSpec& spec);

/// The lines of a JSON-lines file as they are; empty ones are passed over.
std::vector<FileRow> RowsOfJsonLines(std::string_view bytes);

}  // namespace edgewise::site
