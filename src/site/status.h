#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "deploy/reconciler.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "site/machine.h"
#include "site/queue_watch.h"

namespace edgewise::site {

/// What a site tells everyone about itself: counts, times, names and digests of our own things. A status is an exit: no site data.
struct Status {
  std::string site;
  std::uint64_t epoch = 1;
  EventTime clock;    ///< The highest event time that is known here.
  EventTime drained;  ///< Everything up to there has left, or was kept back by the policy.
  MachineCounts counts;
  std::size_t pending = 0;  ///< Scored rows that wait for a label.
  deploy::DeployStatus deployed;
  std::optional<Digest> policy;
  std::vector<queue::LaneDepth> queue;
  QueueFigures figures;
  std::optional<relay::RelayStatus> relay;  ///< None: no policy, so nothing leaves.
};

/// docs/formats/site.md
std::string ToJson(const Status& status);

}  // namespace edgewise::site
