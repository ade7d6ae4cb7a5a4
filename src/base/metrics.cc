#include "base/metrics.h"

#include <prometheus/text_serializer.h>

namespace edgewise {

void Raise(prometheus::Counter& counter, std::uint64_t to) {
  const auto more = static_cast<double>(to) - counter.Value();
  if (more > 0) counter.Increment(more);
}

prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                          const prometheus::Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, bounds);
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace edgewise
