#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "demo/figures.h"

namespace edgewise::demo {

struct ReportedModel {
  std::string version, digest, decision, reason;
  std::uint64_t rows = 0;
  double gain = 0, low = 0, high = 0;  ///< Over the champion, in log loss, with its 95 % interval; 0 if there was none.
  double auc = 0, logloss = 0;         ///< On the days that the gate kept back; of pilot and frozen on their own training rows.
};

struct SiteDay {
  std::string site, date;
  bool severe = false;
  bool alarmed = false;
};

/// What the demo found out, all of it read back at the sinks.
struct Report {
  std::string data;  ///< "flights" or "simulator"
  double seconds = 0, serving_seconds = 0;
  std::uint64_t flights = 0, scored = 0, labelled = 0, never_labelled = 0, pending = 0, records = 0;
  std::vector<ReportedModel> models;
  Quality pilot, frozen, loop, loop_10pct;
  Gain loop_minus_frozen;
  std::uint64_t severe_total = 0, severe_found = 0, false_days = 0;
  std::vector<SiteDay> days;  ///< Severe or alarmed ones.
  std::uint64_t quarantined = 0;
  std::uint64_t appended = 0, stored = 0, indexed = 0, lost = 0, doubled = 0;
  std::uint64_t allowed = 0, denied = 0;
  int leak_bits_max = 0;
  std::uint64_t lineage_checked = 0, lineage_broken = 0;
  std::uint64_t leaks = 0, searched_bytes = 0, leak_patterns = 0;
  std::vector<std::string> leak_places;
  double pss_mb_serving = 0, pss_mb_peak = 0;
};

/// build/demo/report.json: the keys of docs/formats/report.md.
std::string ToJson(const Report& report);
/// For a person with half a minute, 80 columns.
std::string ToText(const Report& report);
std::string Thousands(std::uint64_t number);  ///< 1,234,567
/// Whether the loop kept its word: nothing lost, doubled or leaked, every lineage whole.
bool KeptItsWord(const Report& report);

}  // namespace edgewise::demo
