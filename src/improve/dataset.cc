#include "improve/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

#include "base/check.h"

namespace edgewise::improve {
namespace {

std::optional<double> NumberAfter(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || !(number > 0)) return std::nullopt;
  return number;
}

RowList LastDays(const SampleSet& set, const RowList& candidates, double days) {
  std::int32_t newest = std::numeric_limits<std::int32_t>::min();
  for (const auto row : candidates) newest = std::max(newest, set.rows[row].day);
  RowList rows;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(rows), [&](auto row) { return newest - set.rows[row].day < days; });
  return rows;
}

/// The rows whose served score was furthest from the label.
RowList Hardest(const SampleSet& set, const RowList& candidates, double share) {
  RowList rows;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(rows), [&](auto row) { return !std::isnan(set.rows[row].score); });
  const auto error = [&](std::uint32_t row) { return std::abs(set.rows[row].score - (set.rows[row].label ? 1.0F : 0.0F)); };
  std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) { return error(a) > error(b); });
  rows.resize(static_cast<std::size_t>(std::ceil(share * static_cast<double>(rows.size()))));
  std::sort(rows.begin(), rows.end());
  return rows;
}

Result<RowList> SelectAny(const SampleSet& set, const RowList& candidates, std::string_view select) {
  if (select == "all") return candidates;
  if (select == "history") {
    RowList rows;
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(rows), [&](auto row) { return set.FromHistory(set.rows[row]); });
    return rows;
  }
  if (const auto days = NumberAfter(select, "last-days:")) return LastDays(set, candidates, *days);
  if (const auto share = NumberAfter(select, "hardest:"); share && *share <= 1) return Hardest(set, candidates, *share);
  return Fail(Code::kInvalidArgument,
              fmt::format("recipe: select \"{}\" is none of all, history, last-days:<days>, hardest:<share 0..1>", select));
}

}  // namespace

Result<RowList> Select(const SampleSet& set, const RowList& candidates, std::string_view select) {
  EDGEWISE_ASSIGN(auto rows, SelectAny(set, candidates, select));
  if (rows.empty()) {
    return Fail(Code::kFailedPrecondition, fmt::format("recipe: select \"{}\" leaves none of {} labelled rows", select, candidates.size()));
  }
  return rows;
}

std::map<std::string, std::vector<std::string>> Vocabularies(const feature::Program& program, const SampleSet& set,
                                                             std::span<const std::uint32_t> rows, std::size_t least) {
  EDGEWISE_CHECK(set.categories == program.categories());
  std::vector<std::size_t> counts(set.categories * set.words.size());
  for (const auto row : rows) {
    for (std::size_t i = 0; i < set.categories; ++i) {
      ++counts[i * set.words.size() + set.category_codes[set.rows[row].place * set.categories + i]];
    }
  }
  std::map<std::string, std::vector<std::string>> vocabularies;
  std::size_t category = 0;
  for (const auto& output : program.outputs()) {
    if (!output.category) continue;
    auto& vocabulary = vocabularies[output.name];
    for (std::size_t word = 0; word < set.words.size(); ++word) {
      if (!set.words[word].empty() && counts[category * set.words.size() + word] >= least) vocabulary.push_back(set.words[word]);
    }
    std::sort(vocabulary.begin(), vocabulary.end());
    ++category;
  }
  return vocabularies;
}

train::Dataset Encode(const feature::Program& program, const SampleSet& set, std::span<const std::uint32_t> rows) {
  train::Dataset data{.columns = program.outputs().size(), .x = {}, .y = {}};
  data.x.resize(rows.size() * data.columns);
  data.y.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = set.rows[rows[i]];
    program.Encode(set.SampleOf(row), std::span(data.x).subspan(i * data.columns, data.columns));
    data.y.push_back(row.label ? 1.0F : 0.0F);
  }
  return data;
}

std::vector<train::Column> ColumnsOf(const feature::Program& program) {
  std::vector<train::Column> columns;
  for (const auto& output : program.outputs()) {
    train::Column column{.name = output.name, .seasonal = output.seasonal, .category = output.category, .vocabulary = 0};
    const auto vocabulary = program.vocabularies().find(output.name);
    if (vocabulary != program.vocabularies().end()) column.vocabulary = vocabulary->second.size();
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace edgewise::improve
