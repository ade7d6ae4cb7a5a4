#include "feature/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "feature/detail/parts.h"

namespace edgewise::feature {

Program::Parts::Parts(detail::Spec from) : spec(std::move(from)), zone(TimeZone::Load(spec.zone).value()) {
  for (const auto& feature : spec.features) {
    const bool category = feature.kind == detail::FeatureKind::kCategory;
    outputs.push_back({feature.name, category, feature.seasonal});
    ++(category ? categories : numbers);
    if (!category) continue;
    auto& code = codes.emplace_back();
    if (const auto found = spec.vocabularies.find(feature.name); found != spec.vocabularies.end())
      for (const auto& word : found->second) code.emplace(word, static_cast<float>(code.size()));
  }
  json = detail::WriteSpec(spec).dump();
  digest = Digest::Of(json);
  layout = Digest::Of(detail::WriteLayout(spec).dump());
}

Result<Program> Program::FromJson(std::string_view json) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (document.is_discarded()) return Fail(Code::kInvalidArgument, "feature program: not JSON");
  detail::Spec spec;
  if (const auto problem = detail::ReadSpec(document, spec))
    return Fail(Code::kInvalidArgument, fmt::format("feature program: /{}: {}", fmt::join(problem->path, "/"), problem->message));
  return Program(std::make_shared<const Parts>(std::move(spec)));
}

std::string Program::ToJson() const { return parts_->json; }
Digest Program::digest() const { return parts_->digest; }
Digest Program::layout() const { return parts_->layout; }
const std::vector<Output>& Program::outputs() const { return parts_->outputs; }
std::size_t Program::numbers() const { return parts_->numbers; }
std::size_t Program::categories() const { return parts_->categories; }
const StreamSpec* Program::stream(std::string_view name) const { return parts_->spec.Stream(name); }
const std::vector<StreamSpec>& Program::streams() const { return parts_->spec.streams; }
const StreamSpec& Program::request() const { return parts_->spec.request; }
const TimeZone& Program::zone() const { return parts_->zone; }
const std::map<std::string, std::vector<std::string>>& Program::vocabularies() const { return parts_->spec.vocabularies; }

Program Program::WithVocabularies(std::map<std::string, std::vector<std::string>> vocabularies) const {
  auto spec = parts_->spec;
  spec.vocabularies.clear();
  for (const auto& output : outputs())
    if (const auto found = vocabularies.find(output.name); output.category && found != vocabularies.end())
      spec.vocabularies.insert(std::move(*found));
  return Program(std::make_shared<const Parts>(std::move(spec)));
}

void Program::Encode(const Sample& sample, std::span<float> row) const {
  EDGEWISE_CHECK(sample.numbers.size() == numbers() && sample.categories.size() == categories() && row.size() == outputs().size());
  std::size_t number = 0, category = 0;
  for (std::size_t column = 0; column < row.size(); ++column) {
    if (!parts_->outputs[column].category) {
      row[column] = sample.numbers[number++];
      continue;
    }
    const auto& codes = parts_->codes[category];
    const std::string& word = sample.categories[category++];
    const auto found = codes.find(word);
    if (word.empty())
      row[column] = std::numeric_limits<float>::quiet_NaN();
    else
      row[column] = found != codes.end() ? found->second : static_cast<float>(codes.size());
  }
}

Result<void> CheckTables(const Program& program, const Tables& tables) {
  const auto& spec = program.parts().spec;
  for (const auto& feature : spec.features) {
    if (feature.kind != detail::FeatureKind::kTable) continue;
    const auto table = tables.find(feature.table);
    if (table == tables.end()) {
      if (spec.optional_tables.contains(feature.table)) continue;
      return Fail(
          Code::kFailedPrecondition,
          fmt::format("feature \"{0}\" looks into table \"{1}\", which is not given here: add [tables.{1}] with file, key and columns "
                      "to the configuration, or declare [tables.{1}] optional = true in the features file",
                      feature.name, feature.table));
    }
    if (std::ranges::find(table->second.columns, feature.column) == table->second.columns.end()) {
      return Fail(Code::kFailedPrecondition,
                  fmt::format("feature \"{}\" looks into column \"{}\" of table \"{}\", which has only: {}; add it to the table's columns",
                              feature.name, feature.column, feature.table, fmt::join(table->second.columns, ", ")));
    }
  }
  return {};
}

}  // namespace edgewise::feature
