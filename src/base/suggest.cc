#include "base/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace edgewise {
namespace {

// Levenshtein distance, one row at a time.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    const auto distance = Distance(word, candidate);
    if (distance < least) best = candidate, least = distance;
  }
  return best;
}

std::string Suggest(std::string_view word, std::span<const std::string_view> candidates) {
  const auto nearest = Nearest(word, candidates);
  if (!nearest.empty()) return fmt::format("\"{}\"; did you mean \"{}\"?", word, nearest);
  if (candidates.empty()) return fmt::format("\"{}\"", word);
  return fmt::format("\"{}\"; there are: {}", word, fmt::join(candidates, ", "));
}

}  // namespace edgewise
