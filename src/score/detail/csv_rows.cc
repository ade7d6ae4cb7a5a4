#include "score/detail/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMostColumns = 65536;

/// Takes a text apart line by line.
class Lines {
 public:
  explicit Lines(std::string_view csv) : rest_(csv) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }
  bool AtEnd() const { return rest_.empty(); }
  std::size_t line() const { return line_; }  ///< Of the record read last, from 1.

  /// Reads one record into `values`.
  Result<void> Next(std::vector<std::string_view>& values) {
    line_ = next_line_;
    values.clear();
    unquoted_.clear();
    while (true) {
      EDGEWISE_ASSIGN(const auto value, NextValue());
      if (values.size() == kMostColumns) return Invalid(fmt::format("line {} has more than {} values", line_, kMostColumns));
      values.push_back(value);
      if (rest_.empty()) return {};
      const char after = rest_.front();
      rest_.remove_prefix(1);
      if (after == ',') continue;
      ++next_line_;
      return {};
    }
  }

 private:
  /// A value up to the comma or line break that ends it, which stays.
  Result<std::string_view> NextValue() {
    if (!rest_.starts_with('"')) {
      auto value = rest_.substr(0, rest_.find_first_of(",\n"));
      rest_.remove_prefix(value.size());
      if (value.find('"') != std::string_view::npos) return Invalid(fmt::format("line {}: a quote inside a value; quote all of it", line_));
      if (value.ends_with('\r') && !rest_.starts_with(',')) value.remove_suffix(1);
      return value;
    }
    rest_.remove_prefix(1);
    std::string text;
    bool has_quote = false;
    const auto begin = rest_;
    while (true) {
      const auto quote = rest_.find('"');
      if (quote == std::string_view::npos) return Invalid(fmt::format("line {}: a quote that does not end", line_));
      text.append(rest_.substr(0, quote));
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      has_quote = true;
      text += '"';
      rest_.remove_prefix(1);
    }
    next_line_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    if (rest_.starts_with("\r\n") || rest_ == "\r") rest_.remove_prefix(1);
    if (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\n') {
      return Invalid(fmt::format("line {}: something follows a quoted value", line_));
    }
    if (!has_quote) return begin.substr(0, text.size());
    unquoted_.push_back(std::make_unique<std::string>(std::move(text)));
    return std::string_view(*unquoted_.back());
  }

  std::string_view rest_;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
  std::vector<std::unique_ptr<std::string>> unquoted_;  // values that are not in the text as they are
};

Result<void> CheckHeader(const std::vector<std::string_view>& names) {
  std::vector<std::string_view> sorted = names;
  std::ranges::sort(sorted);
  if (sorted.front().empty()) return Invalid("line 1: a column has no name; the first line holds the names of the columns");
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end()) return Invalid(fmt::format("line 1: column {} is there twice", Quoted(*twice)));
  return {};
}

}  // namespace

Result<void> ReadCsvRows(std::string_view csv, const CsvTaker& taker) {
  Lines lines(csv);
  if (lines.AtEnd()) return Invalid("the CSV is empty: the first line holds the names of the columns");
  std::vector<std::string_view> values;
  EDGEWISE_TRY(lines.Next(values));
  EDGEWISE_TRY(CheckHeader(values));
  EDGEWISE_TRY(taker.take_header(values));
  const std::size_t columns = values.size();
  while (!lines.AtEnd()) {
    EDGEWISE_TRY(lines.Next(values));
    if (values.size() == 1 && values[0].empty() && lines.AtEnd()) break;  // an empty last line
    if (values.size() != columns) {
      return Invalid(fmt::format("line {} has {} values, the first line names {} columns", lines.line(), values.size(), columns));
    }
    EDGEWISE_TRY(taker.take_row(values));
  }
  return {};
}

}  // namespace edgewise::score::detail
