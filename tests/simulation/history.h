#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "event/event.h"
#include "queue/queue.h"
#include "store/store.h"

namespace edgewise::simulation {

/// The events of an entry of the journal: the same every time. Each holds a number that no other entry's has, ascending with the entries.
std::vector<event::Event> EventsOf(std::uint64_t entry);

/// Whether an object as it is stored holds an event whose number this divides.
bool HoldsMultipleOf(std::uint64_t divisor, std::string_view object);

/// What may be absent at the sink, because it was said to be: per lane.
using Admitted = std::map<event::Lane, std::uint64_t>;
/// What the queue says that it gave up, or that damage took.
Admitted AdmittedBy(const std::vector<queue::LaneDepth>& depths);

struct Findings {
  std::uint64_t acknowledged = 0;  ///< Events.
  std::uint64_t lost = 0;          ///< Acknowledged, not admitted to be given up, and not at the sink.
  std::uint64_t doubled = 0;
  std::uint64_t disordered = 0;  ///< Not behind the one before it in its lane.
  std::uint64_t invented = 0;
  bool Sound() const { return lost + doubled + disordered + invented == 0; }
};

/// Compares what the store holds with the events of these entries (ascending): each is there exactly once, in order within its lane. Those
/// of other entries up to `made` may be there, or not: a disk that was set back has forgotten that they were acknowledged.
Findings CheckSink(store::Store& sink, const std::vector<std::uint64_t>& entries, std::uint64_t made, Admitted admitted);

}  // namespace edgewise::simulation
