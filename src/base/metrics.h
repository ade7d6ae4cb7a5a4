#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <string>

namespace edgewise {

using Labels = std::map<std::string, std::string>;

/// Lets a counter follow a count that is kept elsewhere and may have been set back: a counter never falls.
void Raise(prometheus::Counter& counter, std::uint64_t to);

/// The counters of one process or site, in Prometheus' own library. Names: edgewise_<room>_<what>_<unit>.
/// Labels hold names of our own things only (site, model, digest), never site data: a metric is an exit.
/// Threads: any number. Lifecycle: one per site/hub/scorer, outlives what counts into it.
class Metrics {
 public:
  prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                   const prometheus::Histogram::BucketBoundaries& bounds);
  /// The text of GET /metrics ("text/plain; version=0.0.4; charset=utf-8").
  std::string Text() const;

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

}  // namespace edgewise
