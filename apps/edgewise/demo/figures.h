#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace edgewise::demo {

/// A scored row with a label: read back from what `edgewise export scores` or `edgewise score replay` wrote.
struct JudgedRow {
  std::string lineage;
  std::int32_t day = 0;  ///< Local date of the flight, days since 1970.
  float score = 0;
  float label = 0;
};

/// What the export holds.
struct ExportCounts {
  std::uint64_t scored = 0, labelled = 0, never = 0, pending = 0;
};

/// Reads FILE.csv of `edgewise export scores`; rows with a label, by lineage id. `zone_of_days` gives the local date.
/// Errors: as Files; kDataLoss (a line that does not fit, with its number).
struct Exported {
  ExportCounts counts;
  std::vector<JudgedRow> rows;                           ///< Labelled ones, by lineage id.
  std::map<std::string, std::uint64_t> scored_by_model;  ///< Digest -> rows.
};
Result<Exported> ReadExport(Files& files, const std::filesystem::path& file, const std::string& zone);

/// Labelled rows of FILE.csv of `edgewise score replay`, by lineage id.
Result<std::vector<JudgedRow>> ReadReplayed(Files& files, const std::filesystem::path& file);

/// Rows of the local days from `from` to `to` (both included).
std::vector<JudgedRow> Between(std::span<const JudgedRow> rows, std::int32_t from, std::int32_t to);

struct Quality {
  std::uint64_t rows = 0;
  double auc = 0, logloss = 0;
  double auc_low = 0, auc_high = 0;  ///< 95 %, by resampling days.
};
Quality Measure(std::span<const JudgedRow> rows);

struct Gain {
  double mean = 0, low = 0, high = 0;
};
/// AUC of `better` minus AUC of `base` on the same rows, with its 95 % interval by resampling days, paired. Rows that are only in one of
/// the two do not count. Both by lineage id.
Gain AucGain(std::span<const JudgedRow> better, std::span<const JudgedRow> base);

}  // namespace edgewise::demo
