#include "score/detail/plain_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace dom = simdjson::dom;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

Result<void> ReadArray(const dom::array& row, std::size_t index, std::span<float> values) {
  std::size_t column = 0;
  for (const auto element : row) {
    if (column == values.size()) return Invalid(fmt::format("row {} has more than {} values", index, values.size()));
    const auto value = element.is_null() ? kMissing : ToFloat(element);
    if (!value) return Invalid(fmt::format("row {}, value {}: expected a number or null", index, column));
    values[column++] = *value;
  }
  if (column != values.size()) return Invalid(fmt::format("row {} has {} values, expected {}", index, column, values.size()));
  return {};
}

/// Finds where a named value belongs: outputs are in column order, numbers and categories counted on their own.
Result<void> Place(std::string_view name, const dom::element& element, std::size_t index, const feature::Program& program,
                   feature::Sample& sample) {
  std::size_t number = 0;
  std::size_t category = 0;
  for (const auto& output : program.outputs()) {
    if (output.name != name) {
      ++(output.category ? category : number);
      continue;
    }
    if (element.is_null()) return {};
    if (output.category) {
      std::string_view text;
      if (element.get(text) != simdjson::SUCCESS) return Invalid(fmt::format("row {}, \"{}\": expected text or null", index, name));
      sample.categories[category] = text;
      return {};
    }
    const auto value = ToFloat(element);
    if (!value) return Invalid(fmt::format("row {}, \"{}\": expected a number or null", index, name));
    sample.numbers[number] = *value;
    return {};
  }
  return Invalid(fmt::format("row {} has a value that the model does not know; GET /v2/models/NAME lists its columns", index));
}

Result<void> ReadObject(const dom::object& row, std::size_t index, const ServedModel& model, std::span<float> values) {
  if (!model.program) {
    return Invalid(
        fmt::format("model \"{}\" has no model.json that names its columns: send rows as arrays of {} numbers", model.name, model.width()));
  }
  const auto& program = *model.program;
  feature::Sample sample{std::vector<float>(program.numbers(), kMissing), std::vector<std::string>(program.categories())};
  for (const auto field : row) EDGEWISE_TRY(Place(field.key, field.value, index, program, sample));
  program.Encode(sample, values);
  return {};
}

Result<void> ReadRow(const dom::element& row, std::size_t index, const ServedModel& model, std::span<float> values) {
  dom::array array;
  dom::object object;
  if (row.get(array) == simdjson::SUCCESS) return ReadArray(array, index, values);
  if (row.get(object) == simdjson::SUCCESS) return ReadObject(object, index, model, values);
  return Invalid(fmt::format("row {}: expected an array or an object", index));
}

}  // namespace

Result<std::vector<float>> ReadPlainRows(std::string_view json, const ServedModel& model, dom::parser& parser) {
  dom::element root;
  dom::array rows;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    return Invalid(fmt::format("the request is not JSON: {}", simdjson::error_message(error)));
  }
  if (root["rows"].get(rows) != simdjson::SUCCESS) return Invalid(R"(the request must be an object {"rows":[...]})");
  std::size_t count = 0;
  for (const auto row : rows) count += (void(row), 1U);
  if (count == 0) return Invalid("no rows to score");
  if (count > model.engine->max_rows()) {
    return Invalid(fmt::format("{} rows in one request, at most {}: send fewer", count, model.engine->max_rows()));
  }
  std::vector<float> values(count * model.width());
  std::size_t index = 0;
  for (const auto row : rows) {
    EDGEWISE_TRY(ReadRow(row, index, model, std::span(values).subspan(index * model.width(), model.width())));
    ++index;
  }
  return values;
}

std::string WriteScores(const ServedModel& model, std::span<const float> scores) {
  std::string out = R"({"model":)";
  AppendText(out, model.name);
  out += R"(,"version":)";
  AppendText(out, model.version);
  out += R"(,"scores":[)";
  const std::size_t classes = model.engine->classes();
  for (std::size_t begin = 0; begin < scores.size(); begin += classes) {
    if (begin != 0) out += ',';
    const std::size_t first = classes > 2 ? 0 : classes - 1;
    if (classes > 2) out += '[';
    for (std::size_t i = first; i < classes; ++i) {
      if (i != first) out += ',';
      AppendFloat(out, scores[begin + i]);
    }
    if (classes > 2) out += ']';
  }
  return out + "]}";
}

}  // namespace edgewise::score::detail
