#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::score::detail {

/// Reads CSV with a header line (RFC 4180: quotes, doubled quotes, line breaks inside them; LF or CRLF; a byte order mark is skipped).
/// `take_header` gets the names, `take_row` each row's values, as many as names; both views are valid during the call only.
/// Errors: kInvalidArgument (no header, a name twice or none, another number of values, a quote that does not end: names line and fix),
/// and what the two answer.
struct CsvTaker {
  std::function<Result<void>(const std::vector<std::string_view>& names)> take_header;
  std::function<Result<void>(const std::vector<std::string_view>& values)> take_row;
};
Result<void> ReadCsvRows(std::string_view csv, const CsvTaker& taker);

}  // namespace edgewise::score::detail
