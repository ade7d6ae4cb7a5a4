#include "train/profile.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace edgewise::train {
namespace {

constexpr std::size_t kParts = 10;  // deciles

std::vector<float> Deciles(std::vector<float> values) {
  std::vector<float> edges;
  if (values.empty()) return edges;
  std::sort(values.begin(), values.end());
  for (std::size_t part = 1; part < kParts; ++part) {
    const float edge = values[part * (values.size() - 1) / kParts];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

std::vector<float> Between(std::size_t codes) {
  std::vector<float> edges;
  for (std::size_t code = 0; code < codes; ++code) edges.push_back(static_cast<float>(code) + 0.5F);
  return edges;
}

std::vector<float> PresentValues(const Dataset& data, std::size_t column) {
  std::vector<float> values;
  values.reserve(data.rows());
  for (std::size_t at = column; at < data.x.size(); at += data.columns) {
    if (!std::isnan(data.x[at])) values.push_back(data.x[at]);
  }
  return values;
}

}  // namespace

std::size_t BinOf(const FeatureProfile& feature, float value) {
  if (std::isnan(value)) return feature.edges.size() + 1;
  return static_cast<std::size_t>(std::lower_bound(feature.edges.begin(), feature.edges.end(), value) - feature.edges.begin());
}

std::vector<FeatureProfile> MakeProfile(const Dataset& data, std::span<const Column> columns) {
  EDGEWISE_CHECK(columns.size() == data.columns && data.rows() > 0);
  std::vector<FeatureProfile> profile;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& column = columns[i];
    auto values = PresentValues(data, i);
    FeatureProfile feature{.name = column.name, .seasonal = column.seasonal, .edges = {}, .shares = {}};
    std::vector<std::size_t> counts;
    feature.edges = column.category ? Between(column.vocabulary) : Deciles(values);
    counts.resize(feature.edges.size() + 2);
    for (const float value : values) ++counts[BinOf(feature, value)];
    counts.back() = data.rows() - values.size();
    for (const auto count : counts) feature.shares.push_back(static_cast<double>(count) / static_cast<double>(data.rows()));
    profile.push_back(std::move(feature));
  }
  return profile;
}

}  // namespace edgewise::train
