#pragma once

#include <string>

#include "base/metrics.h"

namespace edgewise::site {

/// What became of the requests that a tap should score, by outcome (names and meanings: docs/formats/inputs.md). Threads: any.
struct TapCounters {
  TapCounters(Metrics& metrics, const std::string& site, const std::string& tap)
      : scored(Of(metrics, site, tap, "scored")),
        late(Of(metrics, site, tap, "late")),
        fields(Of(metrics, site, tap, "fields")),
        refused(Of(metrics, site, tap, "refused")),
        unavailable(Of(metrics, site, tap, "unavailable")),
        large(Of(metrics, site, tap, "large")),
        encoded(Of(metrics, site, tap, "encoded")),
        busy(Of(metrics, site, tap, "busy")),
        early(Of(metrics, site, tap, "early")),
        unread(metrics.Counter("edgewise_tap_unread_total", "Connections passed on unread: not HTTP/1.1, or upgraded.",
                               {{"site", site}, {"tap", tap}})),
        absent(metrics.Counter("edgewise_tap_absent_total", "Connections answered 502: the application was not there.",
                               {{"site", site}, {"tap", tap}})),
        crowded(metrics.Counter("edgewise_tap_crowded_total", "Connections closed at once: there were too many.",
                                {{"site", site}, {"tap", tap}})) {}

  prometheus::Counter &scored, &late, &fields, &refused, &unavailable, &large, &encoded, &busy, &early, &unread, &absent, &crowded;

 private:
  static prometheus::Counter& Of(Metrics& metrics, const std::string& site, const std::string& tap, const std::string& outcome) {
    return metrics.Counter("edgewise_tap_requests_total", "Requests that a tap should score, by what became of it.",
                           {{"site", site}, {"tap", tap}, {"outcome", outcome}});
  }
};

}  // namespace edgewise::site
