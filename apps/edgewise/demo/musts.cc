#include "demo/musts.h"

#include <algorithm>

namespace edgewise::demo {
namespace {

bool Alarmed(const Report& report, std::string_view site, std::string_view date) {
  return std::ranges::any_of(report.days, [&](const SiteDay& day) { return day.site == site && day.date == date && day.alarmed; });
}

/// The blizzard of 8 and 9 February hit all three sites, 22 July LaGuardia alone.
double WrongDays(const Report& report) {
  int wrong = 0;
  for (const auto* site : {"EWR", "JFK", "LGA"}) {
    for (const auto* date : {"2013-02-08", "2013-02-09"}) wrong += Alarmed(report, site, date) ? 0 : 1;
    const bool expected = site == std::string_view("LGA");
    wrong += Alarmed(report, site, "2013-07-22") == expected ? 0 : 1;
  }
  return wrong;
}

}  // namespace

std::vector<Must> Musts(const Report& report) {
  if (report.data != "flights") return {};
  return {
      {.name = "frozen AUC", .value = report.frozen.auc, .bound = 0.765},
      {.name = "frozen log loss", .value = report.frozen.logloss, .bound = 0.445, .at_most = true},
      {.name = "loop AUC", .value = report.loop.auc, .bound = 0.780},
      {.name = "loop log loss", .value = report.loop.logloss, .bound = 0.432, .at_most = true},
      {.name = "loop minus frozen, AUC", .value = report.loop_minus_frozen.mean, .bound = 0.010},
      {.name = "loop minus frozen, lower bound", .value = report.loop_minus_frozen.low, .bound = 0.005},
      {.name = "severe site-days found", .value = static_cast<double>(report.severe_found), .bound = 25},
      {.name = "false site-days", .value = static_cast<double>(report.false_days), .bound = 24, .at_most = true},
      {.name = "wrong on 8-9 February and 22 July", .value = WrongDays(report), .bound = 0, .at_most = true},
      {.name = "flights a second",
       .value = static_cast<double>(report.flights) / std::max(report.serving_seconds, 1e-9),
       .bound = 3000,
       .absolute = true},
      {.name = "MB serving", .value = report.pss_mb_serving, .bound = 300, .at_most = true},
      {.name = "MB at most", .value = report.pss_mb_peak, .bound = 600, .at_most = true},
  };
}

bool ReachedItsFigures(const Report& report) {
  return std::ranges::all_of(Musts(report), [](const Must& must) { return must.absolute || must.Held(); });
}

}  // namespace edgewise::demo
