#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "score/detail/infer_request.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

/// One value of a row as it was sent.
struct PlainCell {
  enum class Kind : std::uint8_t { kMissing, kFlag, kSigned, kUnsigned, kNumber, kText, kWritten };
  Kind kind = Kind::kMissing;
  union {
    bool flag;
    std::int64_t integer = 0;
    std::uint64_t natural;
    double number;
  };
  std::string_view text;  ///< kText: of JSON; kWritten: of CSV, where text, numbers and missing values look alike.
};

/// How a model takes rows: what their values are called, and where they go.
struct PlainLayout {
  enum class Kind : std::uint8_t {
    kProgram,  ///< One table of floats; model.json says how values become floats.
    kTable,    ///< One table of one datatype; values have places and no names. CSV, which needs names, calls them x0, x1 and so on.
    kColumns,  ///< An input for each column, named as it is.
  };
  Kind kind = Kind::kTable;
  std::size_t columns = 0;              ///< 0: as many as the first row has.
  std::vector<std::string_view> names;  ///< Empty for kTable.

  /// Errors: kFailedPrecondition (no such layout: its inputs are not tables or columns; use /v2).
  static Result<PlainLayout> Of(const ModelVersion& version);
};

/// Rows as they were sent, in the order of the layout's columns.
struct PlainTable {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<PlainCell> cells;
  std::vector<bool> is_list;      ///< Of each row: its values were not named.
  std::deque<std::string> texts;  ///< What does not lie in the request as it is.
};

/// Reads plain rows (docs/formats/scoring.md): a row is an object of named values, or an array of values in the model's order.
/// Errors: kInvalidArgument (names row, column and fix), kFailedPrecondition (needs streaming features: only a site has them).
/// Threads: one at a time. The table points into what was read.
class PlainReader {
 public:
  PlainReader(const ModelVersion& version, const PlainLayout& layout, PlainTable& table);
  Result<void> ReadRows(const simdjson::dom::array& rows);
  Result<void> ReadRow(const simdjson::dom::element& row);
  Result<void> ReadCsv(std::string_view csv);
  /// After the last row. Errors: kInvalidArgument (there was none).
  Result<void> Complete() const;

 private:
  Result<void> BeginRow(std::size_t columns);
  Result<void> ReadList(const simdjson::dom::array& row);
  Result<void> ReadObject(const simdjson::dom::object& row);
  /// The places of a CSV's columns, of which no two have the same name.
  Result<std::vector<std::size_t>> ReadHeader(const std::vector<std::string_view>& names);
  Result<std::vector<std::size_t>> ReadTableHeader(const std::vector<std::string_view>& names) const;
  Result<std::size_t> Column(std::string_view name, std::size_t hint) const;
  Result<void> Computed(std::string_view name) const;
  std::span<PlainCell> cells() { return std::span(table_.cells).last(table_.columns); }

  const ModelVersion& version_;
  const PlainLayout& layout_;
  PlainTable& table_;
  std::vector<bool> seen_;  ///< Columns of the row at hand.
};

/// The tensors of a table. Errors: kInvalidArgument (names row, column and fix).
Result<void> FillFromTable(const PlainTable& table, const PlainLayout& layout, const ModelVersion& version, InferRequest& request);

/// Reads arrays of numbers, text or flags, nested as the model's one input is shaped. `bytes`: of the text that they came in.
/// Errors: kInvalidArgument, kFailedPrecondition (several inputs).
Result<void> FillFromNested(const simdjson::dom::array& rows, std::size_t bytes, const ModelVersion& version, InferRequest& request);

PlainCell CellOf(const simdjson::dom::element& element);  ///< kMissing also for what is no value: check is_null() or the type first.

}  // namespace edgewise::score::detail
