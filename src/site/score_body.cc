#include "site/score_body.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "net/header_text.h"

namespace edgewise::site {
namespace {

constexpr std::size_t kMostRows = 1000;  // answered together, and scored on the HTTP thread

Result<std::vector<FileRow>> RowsOfArray(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (const auto error = parser.parse(body.data(), body.size()).get(array); error != simdjson::SUCCESS) {
    return Fail(Code::kInvalidArgument, fmt::format("not JSON: {}", simdjson::error_message(error)));
  }
  std::vector<FileRow> rows;
  for (const auto element : array) {
    const auto number = rows.size() + 1;
    if (!element.is_object()) {
      return Fail(Code::kInvalidArgument, fmt::format("row {} is no JSON object; send [{{\"field\":value,...}},...]", number));
    }
    rows.push_back({number, simdjson::minify(element), ""});
  }
  return rows;
}

}  // namespace

Result<ScoreBody> ReadScoreBody(std::string_view body, std::string_view content_type, const feature::StreamSpec& request) {
  ScoreBody read;
  const auto begin = body.find_first_not_of(" \t\r\n");
  if (net::IsMediaType(content_type, "text/csv")) {
    read = {true, "line", RowsOfCsv(body, request)};
  } else if (begin != std::string_view::npos && body[begin] == '[') {
    EDGEWISE_ASSIGN(read.rows, RowsOfArray(body));
    read.many = true;
  } else {
    read.rows.push_back({1, std::string(body), ""});
  }
  if (read.rows.empty()) return Fail(Code::kInvalidArgument, "the body holds no row; send at least one");
  if (read.rows.size() > kMostRows) {
    return Fail(Code::kInvalidArgument, fmt::format("the body holds {} rows, at most {}: send them in parts", read.rows.size(), kMostRows));
  }
  const auto wrong = std::ranges::find_if(read.rows, [](const FileRow& row) { return !row.error.empty(); });
  if (wrong != read.rows.end()) return Fail(Code::kInvalidArgument, fmt::format("line {}: {}", wrong->line, wrong->error));
  return read;
}

}  // namespace edgewise::site
