#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "feature/record.h"
#include "site/folder_rows.h"

namespace edgewise::site {

/// The rows of a body of POST /score/{model}, each as the JSON object that it is or, in CSV, stands for.
struct ScoreBody {
  bool many = false;                 ///< An array or CSV: answered as lists, of one row too.
  std::string_view counted = "row";  ///< What `line` counts.
  std::vector<FileRow> rows;         ///< At least one, none an error. `line`: of the CSV, or the number of the row; from 1.
};

/// `content_type`: "text/csv" with or without parameters (columns as RowsOfCsv takes them), everything else is JSON: one object, or an
/// array of them. Objects of an array are written anew, and none is checked any further. Errors: kInvalidArgument (names row and fix).
Result<ScoreBody> ReadScoreBody(std::string_view body, std::string_view content_type, const feature::StreamSpec& request);

}  // namespace edgewise::site
