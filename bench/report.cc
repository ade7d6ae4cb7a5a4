#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgewise::bench {
namespace {

/// Round by round, because both were measured a moment apart: what slowed one of them slowed the other.
double Ratio(const Series& series, const Series& yardstick) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < series.rates.size(); ++i) ratios.push_back(series.rates[i] / yardstick.rates[i]);
  return Median(std::move(ratios));
}

const Series& Yardstick(const std::vector<Series>& all, const Series& series) {
  return *std::ranges::find(all, series.group, &Series::group);
}

std::string Warnings(const Machine& machine) {
  std::string text;
  if (machine.busy()) text += fmt::format("The machine was busy (load {:.1f}): rates are too low, ratios are what counts.\n", machine.load);
  if (!machine.optimised) text += "This is no release build: the figures say nothing about one.\n";
  return text;
}

}  // namespace

std::string Table(const Machine& machine, const std::vector<Series>& series) {
  auto text = fmt::format("{} x {}, {:.0f} GiB, Linux {}, {}\n{}", machine.cores, machine.processor, machine.memory_gib, machine.kernel,
                          machine.file_system, Warnings(machine));
  const std::string* group = nullptr;
  for (const auto& each : series) {
    if (group == nullptr || *group != each.group)
      text += fmt::format("\n{:<29}{:>13}{:>26}{:>12}\n", each.group, "per second", "lowest .. highest", "ratio");
    group = &each.group;
    const auto [low, high] = std::ranges::minmax(each.rates);
    text += fmt::format("  {:<27}{:>13.0f}{:>26}{:>12.3g}\n", each.name, Median(each.rates), fmt::format("{:.0f} .. {:.0f}", low, high),
                        Ratio(each, Yardstick(series, each)));
  }
  return text;
}

std::string Json(const Machine& machine, const std::vector<Series>& series) {
  nlohmann::ordered_json json{{"schema", "edgewise.bench.v1"},
                              {"machine",
                               {{"cores", machine.cores},
                                {"processor", machine.processor},
                                {"memory_gib", machine.memory_gib},
                                {"kernel", machine.kernel},
                                {"load", machine.load},
                                {"busy", machine.busy()},
                                {"file_system", machine.file_system},
                                {"release", machine.optimised}}},
                              {"series", nlohmann::ordered_json::array()}};
  for (const auto& each : series) {
    const auto [low, high] = std::ranges::minmax(each.rates);
    json["series"].push_back({{"group", each.group},
                              {"name", each.name},
                              {"unit", each.unit},
                              {"median", Median(each.rates)},
                              {"lowest", low},
                              {"highest", high},
                              {"ratio", Ratio(each, Yardstick(series, each))}});
  }
  return json.dump();
}

}  // namespace edgewise::bench
