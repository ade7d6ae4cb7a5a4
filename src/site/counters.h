#pragma once

#include <chrono>
#include <string>

#include "base/metrics.h"
#include "site/machine.h"

namespace edgewise::site {

/// What GET /metrics says of a site beside relay and queue: counts and times, no site data. Names: docs/formats/site.md.
/// Threads: Show() one at a time; the others any.
class Counters {
 public:
  Counters(Metrics& metrics, const std::string& site);

  void Show(const MachineCounts& counts, std::size_t pending, std::size_t backlog);
  /// A score was answered, its row on the disk, so long after its request was read.
  void Answered(std::chrono::steady_clock::duration time) { seconds_.Observe(std::chrono::duration<double>(time).count()); }
  /// So many rows that were answered are not kept. Any thread.
  void Shed(std::size_t rows) { shed_.Increment(static_cast<double>(rows)); }

 private:
  prometheus::Counter &records_, &scored_, &labelled_, &never_, &quarantined_, &shed_;
  prometheus::Gauge &pending_, &backlog_;
  prometheus::Histogram& seconds_;
};

}  // namespace edgewise::site
