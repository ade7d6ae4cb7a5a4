#include "site/queue_watch.h"

#include <algorithm>

namespace edgewise::site {
namespace {

double SecondsBetween(EventTime from, EventTime to) { return std::max(0.0, static_cast<double>(to.ms - from.ms) / 1000); }

}  // namespace

QueueWatch::QueueWatch(Metrics& metrics, const std::string& site, std::uint64_t bound)
    : bytes_(metrics.Gauge("edgewise_queue_bytes", "Bytes of the queue's files on the disk.", {{"site", site}})),
      free_(metrics.Gauge("edgewise_site_disk_free_bytes", "Free bytes of the disk that holds the site's state.", {{"site", site}})),
      offline_(metrics.Gauge("edgewise_relay_offline_seconds", "So long nothing could leave; 0: it can.", {{"site", site}})),
      last_stored_(metrics.Gauge("edgewise_relay_last_stored_timestamp_seconds",
                                 "When events last left, or were kept back; 0: not since the start.", {{"site", site}})) {
  metrics.Gauge("edgewise_queue_limit_bytes", "So many bytes of events may wait (queue_mib).", {{"site", site}})
      .Set(static_cast<double>(bound));
  for (const auto lane : event::kLanes) {
    const Labels labels = {{"site", site}, {"lane", std::string(event::LaneName(lane))}};
    lanes_[static_cast<std::size_t>(lane)] = {
        .waiting = &metrics.Gauge("edgewise_queue_waiting", "Events that wait to leave.", labels),
        .waiting_bytes = &metrics.Gauge("edgewise_queue_waiting_bytes", "Bytes of the events that wait to leave.", labels),
        .dead = &metrics.Gauge("edgewise_queue_dead", "Events that were taken out of the line, for a person.", labels),
        .damaged = &metrics.Gauge("edgewise_queue_damaged", "Records that are no longer what was appended.", labels),
        .missing = &metrics.Gauge("edgewise_queue_missing", "Records that damage has hidden.", labels),
        .oldest = &metrics.Gauge("edgewise_queue_oldest_seconds", "Age of the oldest event that waits, by the site's clock.", labels),
        .appended = &metrics.Counter("edgewise_queue_appended_total", "Events appended, over the queue's life.", labels),
        .dropped = &metrics.Counter("edgewise_queue_dropped_total", "Events given up to make room, or by an operator.", labels)};
  }
}

void QueueWatch::Look(Seen seen) {
  for (const auto& depth : seen.depths) {
    auto& lane = lanes_[static_cast<std::size_t>(depth.lane)];
    lane.waiting->Set(static_cast<double>(depth.waiting));
    lane.waiting_bytes->Set(static_cast<double>(depth.waiting_bytes));
    lane.dead->Set(static_cast<double>(depth.dead));
    lane.damaged->Set(static_cast<double>(depth.damaged));
    lane.missing->Set(static_cast<double>(depth.missing));
    lane.oldest->Set(depth.oldest ? SecondsBetween(*depth.oldest, seen.clock) : 0);
    Raise(*lane.appended, depth.appended);
    Raise(*lane.dropped, depth.dropped);
  }
  if (!seen.failing) {
    failing_since_.reset();
  } else if (!failing_since_) {
    failing_since_ = seen.now;
  }
  const auto offline = failing_since_ ? seen.now - *failing_since_ : std::chrono::steady_clock::duration::zero();
  std::uint64_t carried = 0;
  for (const auto& [lane, status] : seen.relay.lanes) carried += status.allowed + status.denied;
  if (looked_ && carried > carried_) figures_.last_stored = seen.wall;
  looked_ = true;
  carried_ = carried;
  figures_.depths = std::move(seen.depths);
  figures_.offline_seconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(offline).count());
  figures_.queue_bytes = seen.queue_bytes;
  figures_.disk_free_bytes = seen.disk_free_bytes;
  offline_.Set(std::chrono::duration<double>(offline).count());
  last_stored_.Set(figures_.last_stored ? static_cast<double>(figures_.last_stored->ms) / 1000 : 0);
  bytes_.Set(static_cast<double>(seen.queue_bytes));
  free_.Set(static_cast<double>(seen.disk_free_bytes));
}

}  // namespace edgewise::site
