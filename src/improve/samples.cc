#include "improve/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/check.h"
#include "improve/detail/sample_builder.h"

namespace edgewise::improve {
namespace {

/// Where `names` of another set lie in `into`, added if they are not there.
template <class Number>
std::vector<Number> Merge(const std::vector<std::string>& names, std::vector<std::string>& into) {
  std::unordered_map<std::string, Number> known;
  for (std::size_t i = 0; i < into.size(); ++i) known.emplace(into[i], static_cast<Number>(i));
  std::vector<Number> places;
  for (const auto& name : names) {
    const auto [found, added] = known.emplace(name, static_cast<Number>(into.size()));
    if (added) into.push_back(name);
    places.push_back(found->second);
  }
  return places;
}

/// How many rows' features lie in a set; more than it has rows if some were dropped.
std::uint32_t Places(const SampleSet& set) {
  const auto by_numbers = set.numbers > 0 ? set.number_values.size() / set.numbers : 0;
  const auto by_categories = set.categories > 0 ? set.category_codes.size() / set.categories : 0;
  return static_cast<std::uint32_t>(std::max(by_numbers, by_categories));
}

void Append(SampleSet& into, const SampleSet& set) {
  if (into.rows.empty()) {
    into.numbers = set.numbers;
    into.categories = set.categories;
  }
  EDGEWISE_CHECK(set.rows.empty() || (into.numbers == set.numbers && into.categories == set.categories));
  const auto sites = Merge<std::uint32_t>(set.sites, into.sites);
  const auto codes = Merge<std::uint16_t>(set.words, into.words);
  EDGEWISE_CHECK(into.words.size() <= 65'536);
  const auto first_object = static_cast<std::uint32_t>(into.objects.size());
  const auto first_place = Places(into);
  into.objects.insert(into.objects.end(), set.objects.begin(), set.objects.end());
  for (auto row : set.rows) {
    row.site = sites[row.site];
    row.object += first_object;
    row.place += first_place;
    into.rows.push_back(row);
  }
  into.number_values.insert(into.number_values.end(), set.number_values.begin(), set.number_values.end());
  for (const auto code : set.category_codes) into.category_codes.push_back(codes[code]);
  into.other_layout += set.other_layout;
  into.set_aside += set.set_aside;
  into.doubled += set.doubled;
}

}  // namespace

feature::Sample SampleSet::SampleOf(const LabelledRow& row) const {
  feature::Sample sample;
  const auto first = number_values.begin() + static_cast<std::ptrdiff_t>(row.place * numbers);
  sample.numbers.assign(first, first + static_cast<std::ptrdiff_t>(numbers));
  for (std::size_t i = 0; i < categories; ++i) sample.categories.push_back(words[category_codes[row.place * categories + i]]);
  return sample;
}

SampleSet Join(std::vector<SampleSet> sets) {
  SampleSet joined;
  for (auto& set : sets) {
    Append(joined, set);
    set = {};  // gives its memory back before the next one is copied
  }
  detail::Settle(joined);
  return joined;
}

RowList AllRows(const SampleSet& set) {
  RowList rows(set.rows.size());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

std::vector<train::TrainingObject> ObjectsOf(const SampleSet& set, std::span<const std::uint32_t> rows) {
  auto objects = set.objects;
  for (auto& object : objects) object.rows = 0;
  for (const auto row : rows) ++objects[set.rows[row].object].rows;
  std::erase_if(objects, [](const auto& object) { return object.rows == 0; });
  return objects;
}

Result<std::int32_t> DayNumber(std::string_view date) {
  const auto time = date.size() == 10 ? ParseTime(std::string(date) + "T00:00:00Z") : ParseTime("");
  if (!time) return Fail(Code::kInvalidArgument, "a day must be written as 2013-02-08");
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(time->ms)).count());
}

std::string DayText(std::int32_t day) {
  return FormatTime(EventTime{std::chrono::milliseconds(std::chrono::days(day)).count()}).substr(0, 10);
}

}  // namespace edgewise::improve

namespace edgewise::improve::detail {

void Settle(SampleSet& set) {
  const auto key = [&](const LabelledRow& row) {
    return std::tuple(!set.FromHistory(row), std::string_view(set.sites[row.site]), row.sequence);
  };
  const auto rows = set.rows.size();
  std::stable_sort(set.rows.begin(), set.rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto last = std::unique(set.rows.begin(), set.rows.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  set.rows.erase(last, set.rows.end());
  set.doubled += rows - set.rows.size();
  for (auto& object : set.objects) object.rows = 0;
  for (const auto& row : set.rows) ++set.objects[row.object].rows;
}

}  // namespace edgewise::improve::detail
