#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "train/model.h"

namespace edgewise::detect {

struct DriftOptions {
  double alarm = 0.25;             ///< PSI from which on a feature counts as drifted; seasonal ones never alarm.
  std::uint64_t least_rows = 500;  ///< A report on fewer rows says so by not alarming.
};

struct FeatureDrift {
  std::string name;
  double psi = 0;  ///< Population stability index against the training profile, the bin of missing values included.
  bool seasonal = false;
  bool alarm = false;
};

struct DriftReport {
  std::uint64_t rows = 0;
  std::vector<FeatureDrift> features;  ///< In the order of the profile.
  bool alarm = false;
};

/// How far the rows that are scored have moved from those the model learned from. Counts per bin; no row is kept.
/// Cost: O(columns log bins) per row. Threads: one at a time.
class Drift {
 public:
  explicit Drift(std::vector<train::FeatureProfile> profile, DriftOptions options = {});

  /// One encoded row: as many floats as the profile has features (CHECKed); NaN = missing.
  void Add(std::span<const float> row);
  DriftReport Report() const;  ///< Of the rows since the last Clear().
  void Clear();
  std::uint64_t rows() const { return rows_; }

  std::string Save() const;  ///< The counts; versioned bytes. The profile comes from the model again.
  /// Errors: kDataLoss (damaged), kFailedPrecondition (newer format, or counts of another profile).
  static Result<Drift> Load(std::string_view bytes, std::vector<train::FeatureProfile> profile, DriftOptions options = {});

 private:
  std::vector<train::FeatureProfile> profile_;
  DriftOptions options_;
  std::vector<std::size_t> start_;     // of each feature's bins in counts_
  std::vector<std::uint64_t> counts_;  // edges + 1 bins and "missing", feature after feature
  std::uint64_t rows_ = 0;
};

}  // namespace edgewise::detect
