#include "detect/drift.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "detect/detail/bytes.h"

namespace edgewise::detect {
namespace {

constexpr std::string_view kMagic = "EWDRFT01";
constexpr double kLeastShare = 1e-4;  // an empty bin would make the index infinite

/// Tells profiles with other bins apart.
Digest ShapeOf(const std::vector<train::FeatureProfile>& profile) {
  ByteWriter shape;
  for (const auto& feature : profile) {
    shape.Text(feature.name);
    for (const auto edge : feature.edges) shape.Number(edge);
  }
  return Digest::Of(shape.Take());
}

double Psi(std::span<const double> expected, std::span<const std::uint64_t> counts, std::uint64_t rows) {
  double psi = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto share = std::max(static_cast<double>(counts[i]) / static_cast<double>(rows), kLeastShare);
    const auto reference = std::max(expected[i], kLeastShare);
    psi += (share - reference) * std::log(share / reference);
  }
  return psi;
}

}  // namespace

Drift::Drift(std::vector<train::FeatureProfile> profile, DriftOptions options) : profile_(std::move(profile)), options_(options) {
  std::size_t bins = 0;
  for (const auto& feature : profile_) {
    EDGEWISE_CHECK(feature.shares.size() == feature.edges.size() + 2);
    start_.push_back(bins);
    bins += feature.shares.size();
  }
  counts_.resize(bins);
}

void Drift::Add(std::span<const float> row) {
  EDGEWISE_CHECK(row.size() == profile_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto& edges = profile_[i].edges;
    const auto above = static_cast<std::size_t>(std::ranges::lower_bound(edges, row[i]) - edges.begin());  // a value on an edge is below it
    ++counts_[start_[i] + (std::isnan(row[i]) ? edges.size() + 1 : above)];
  }
  ++rows_;
}

DriftReport Drift::Report() const {
  DriftReport report;
  report.rows = rows_;
  for (std::size_t i = 0; i < profile_.size(); ++i) {
    const auto& feature = profile_[i];
    FeatureDrift drift{.name = feature.name, .seasonal = feature.seasonal};
    if (rows_ > 0) drift.psi = Psi(feature.shares, std::span(counts_).subspan(start_[i], feature.shares.size()), rows_);
    drift.alarm = !feature.seasonal && rows_ >= options_.least_rows && drift.psi >= options_.alarm;
    report.alarm = report.alarm || drift.alarm;
    report.features.push_back(std::move(drift));
  }
  return report;
}

void Drift::Clear() {
  std::ranges::fill(counts_, 0);
  rows_ = 0;
}

std::string Drift::Save() const {
  ByteWriter out;
  out.Text(kMagic);
  out.Text(ShapeOf(profile_).ToString());
  out.Number(rows_);
  for (const auto count : counts_) out.Number(count);
  return out.Take();
}

Result<Drift> Drift::Load(std::string_view bytes, std::vector<train::FeatureProfile> profile, DriftOptions options) {
  ByteReader in(bytes);
  EDGEWISE_TRY(detail::CheckMagic(in.Text(), kMagic, "drift"));
  Drift drift(std::move(profile), options);
  const auto shape = in.Text();
  if (in.ok() && shape != ShapeOf(drift.profile_).ToString())
    return Fail(Code::kFailedPrecondition, "detect: the saved drift counts belong to another model's profile; begin with empty ones");
  drift.rows_ = in.Number<std::uint64_t>();
  for (auto& count : drift.counts_) count = in.Number<std::uint64_t>();
  if (!in.done()) return detail::Damaged("drift");
  return drift;
}

}  // namespace edgewise::detect
