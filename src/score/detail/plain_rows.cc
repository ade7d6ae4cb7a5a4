#include "score/detail/plain_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace dom = simdjson::dom;

/// All values of a request: an object that names none of its columns takes 3 bytes, and memory for all of them.
constexpr std::size_t kMostCells = std::size_t{1} << 22;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

bool IsColumn(const TensorInfo& input) { return input.shape.size() == 1 || (input.shape.size() == 2 && input.shape[1] == 1); }

bool IsScalar(const dom::element& element) { return !element.is_array() && !element.is_object(); }

/// The names that there are, as far as somebody reads them.
std::string Listed(std::span<const std::string_view> names) {
  constexpr std::size_t kMost = 10;
  std::string list;
  for (const auto name : names.first(std::min(names.size(), kMost))) list += (list.empty() ? "" : ", ") + Quoted(name);
  return names.size() <= kMost ? list : fmt::format("{} and {} more", list, names.size() - kMost);
}

}  // namespace

PlainCell CellOf(const dom::element& element) {
  PlainCell cell;
  switch (element.type()) {
    case dom::element_type::BOOL:
      cell.kind = PlainCell::Kind::kFlag;
      cell.flag = bool(element);
      break;
    case dom::element_type::INT64:
      cell.kind = PlainCell::Kind::kSigned;
      cell.integer = std::int64_t(element);
      break;
    case dom::element_type::UINT64:
      cell.kind = PlainCell::Kind::kUnsigned;
      cell.natural = std::uint64_t(element);
      break;
    case dom::element_type::DOUBLE:
      cell.kind = PlainCell::Kind::kNumber;
      cell.number = double(element);
      break;
    case dom::element_type::STRING:
      cell.kind = PlainCell::Kind::kText;
      cell.text = std::string_view(element);
      break;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
    case dom::element_type::NULL_VALUE:
      break;
  }
  return cell;
}

Result<PlainLayout> PlainLayout::Of(const ModelVersion& version) {
  const auto& inputs = version.signature().inputs;
  PlainLayout layout;
  if (version.program()) {
    layout.kind = Kind::kProgram;
    for (const auto& output : version.program()->outputs()) layout.names.emplace_back(output.name);
    layout.columns = layout.names.size();
    return layout;
  }
  if (!inputs.empty() && std::ranges::all_of(inputs, IsColumn)) {
    layout.kind = Kind::kColumns;
    for (const auto& input : inputs) layout.names.emplace_back(input.name);
    layout.columns = layout.names.size();
    return layout;
  }
  if (inputs.size() == 1 && inputs[0].shape.size() == 2) {
    layout.columns = static_cast<std::size_t>(std::max<std::int64_t>(inputs[0].shape[1], 0));
    return layout;
  }
  return Fail(Code::kFailedPrecondition,
              fmt::format("no plain rows: the inputs are neither one table nor a column each; use /v2/models/{}/infer", version.model()));
}

PlainReader::PlainReader(const ModelVersion& version, const PlainLayout& layout, PlainTable& table)
    : version_(version), layout_(layout), table_(table) {
  table_.columns = layout.columns;
}

Result<void> PlainReader::BeginRow(std::size_t columns) {
  if (table_.columns == 0) table_.columns = std::max<std::size_t>(columns, 1);
  if (table_.rows == version_.max_rows() || table_.cells.size() + table_.columns > kMostCells) {
    return Invalid(fmt::format("more than {} rows in one request: send fewer", table_.rows));
  }
  ++table_.rows;
  table_.is_list.push_back(false);
  table_.cells.resize(table_.cells.size() + table_.columns);
  return {};
}

Result<void> PlainReader::ReadRows(const dom::array& rows) {
  for (const auto row : rows) EDGEWISE_TRY(ReadRow(row));
  return {};
}

Result<void> PlainReader::ReadRow(const dom::element& row) {
  dom::array list;
  dom::object object;
  if (row.get(list) == simdjson::SUCCESS) return ReadList(list);
  if (row.get(object) == simdjson::SUCCESS) return ReadObject(object);
  return Invalid(fmt::format("row {}: expected an array or an object", table_.rows));
}

Result<void> PlainReader::ReadList(const dom::array& row) {
  const std::size_t index = table_.rows;
  EDGEWISE_TRY(BeginRow(row.size()));
  table_.is_list.back() = true;
  std::size_t column = 0;
  for (const auto element : row) {
    if (column == table_.columns) return Invalid(fmt::format("row {} has more than {} values", index, table_.columns));
    if (!IsScalar(element)) return Invalid(fmt::format("row {}, value {}: expected one value or null", index, column));
    cells()[column++] = CellOf(element);
  }
  if (column != table_.columns) return Invalid(fmt::format("row {} has {} values, expected {}", index, column, table_.columns));
  return {};
}

Result<void> PlainReader::ReadObject(const dom::object& row) {
  const std::size_t index = table_.rows;
  if (layout_.kind == PlainLayout::Kind::kTable) {
    return Invalid(fmt::format("row {}: no model.json names the columns: send rows as arrays of values", index));
  }
  EDGEWISE_TRY(BeginRow(layout_.columns));
  seen_.assign(layout_.columns, false);
  std::size_t named = 0;
  for (const auto field : row) {
    const auto column = Column(field.key, named);
    if (!column) return Fail(column.error().code, fmt::format("row {}: {}", index, column.error().message));
    if (seen_[*column]) return Invalid(fmt::format("row {}: \"{}\" is there twice", index, layout_.names[*column]));
    if (!IsScalar(field.value)) return Invalid(fmt::format("row {}, \"{}\": expected one value or null", index, layout_.names[*column]));
    seen_[*column] = true;
    cells()[*column] = CellOf(field.value);
    ++named;
  }
  if (named == layout_.columns) return {};
  const auto left_out = static_cast<std::size_t>(std::ranges::find(seen_, false) - seen_.begin());
  return Computed(layout_.names[left_out]);
}

/// Callers mostly name values in the model's order: `hint` is where this one would be.
Result<std::size_t> PlainReader::Column(std::string_view name, std::size_t hint) const {
  const auto& names = layout_.names;
  if (hint < names.size() && names[hint] == name) return hint;
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const auto& program = version_.program();
  const auto reads = [&](const feature::StreamSpec& stream) { return stream.Find(name) >= 0; };
  if (program && (reads(program->request()) || std::ranges::any_of(program->streams(), reads))) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("{} is a field that features are computed from, which a site does: ask the site's /score/{}", Quoted(name),
                            version_.model()));
  }
  return Invalid(fmt::format("no column is called {}; there are {} (GET /v2/models/{} lists its {})", Quoted(name), Listed(names),
                             version_.model(), program ? "columns" : "inputs"));
}

/// A column that was left out is missing, unless it is a feature that only a site can compute.
Result<void> PlainReader::Computed(std::string_view name) const {
  if (!version_.program() || version_.program()->streams().empty()) return {};
  return Fail(
      Code::kFailedPrecondition,
      fmt::format("column \"{}\" was left out, and this model's features are computed from records: ask the site's /score/{}, or name "
                  "every column (null where it is missing)",
                  name, version_.model()));
}

Result<void> PlainReader::Complete() const {
  if (table_.rows == 0) return Invalid("no rows to score");
  return {};
}

}  // namespace edgewise::score::detail
