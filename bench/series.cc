#include "series.h"

#include <algorithm>

#include "base/check.h"

namespace edgewise::bench {
namespace {

Result<double> Turn(const Work& work, std::chrono::milliseconds turn) {
  const auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> spent{};
  std::uint64_t units = 0;
  do {
    EDGEWISE_ASSIGN(const auto done, work());
    units += done;
    spent = std::chrono::steady_clock::now() - start;
  } while (spent < turn);
  return static_cast<double>(units) / spent.count();
}

}  // namespace

double Median(std::vector<double> values) {
  EDGEWISE_CHECK(!values.empty());
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Result<void> Measure(std::vector<Series>& series, int rounds, std::chrono::milliseconds turn) {
  for (int round = 0; round <= rounds; ++round) {
    for (auto& each : series) {
      const auto rate = Turn(each.work, turn);
      if (!rate) return Fail(rate.error().code, each.name + ": " + rate.error().message);
      if (round > 0) each.rates.push_back(*rate);
    }
  }
  return {};
}

}  // namespace edgewise::bench
