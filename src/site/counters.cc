#include "site/counters.h"

namespace edgewise::site {
Counters::Counters(Metrics& metrics, const std::string& site)
    : records_(metrics.Counter("edgewise_site_records_total", "Records taken.", {{"site", site}})),
      scored_(metrics.Counter("edgewise_site_scored_total", "Rows scored.", {{"site", site}})),
      labelled_(metrics.Counter("edgewise_site_labelled_total", "Scored rows that got their label.", {{"site", site}})),
      never_(metrics.Counter("edgewise_site_never_labelled_total", "Scored rows that will get no label.", {{"site", site}})),
      quarantined_(metrics.Counter("edgewise_site_quarantined_total", "Values out of their declared range.", {{"site", site}})),
      shed_(metrics.Counter("edgewise_site_shed_total", "Rows that were answered and are not kept: the disk did not keep up.",
                            {{"site", site}, {"lane", "sample"}})),
      pending_(metrics.Gauge("edgewise_site_pending_labels", "Scored rows that wait for a label.", {{"site", site}})),
      backlog_(metrics.Gauge("edgewise_site_backlog", "Changes that wait for the disk.", {{"site", site}})),
      seconds_(metrics.Histogram("edgewise_site_score_seconds", "From reading a score request to its answer, row on the disk.",
                                 {{"site", site}}, {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5})) {}

void Counters::Show(const MachineCounts& counts, std::size_t pending, std::size_t backlog) {
  Raise(records_, counts.records);
  Raise(scored_, counts.scored);
  Raise(labelled_, counts.labelled);
  Raise(never_, counts.never);
  Raise(quarantined_, counts.quarantined);
  pending_.Set(static_cast<double>(pending));
  backlog_.Set(static_cast<double>(backlog));
}

}  // namespace edgewise::site
