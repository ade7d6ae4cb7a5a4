#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "detect/disruption.h"
#include "detect/drift.h"
#include "detect/insight.h"
#include "event/event.h"

namespace edgewise::detect {

/// A value outside the range declared for its field; it was replaced by NaN.
struct Reading {
  EventTime time;
  std::string stream;
  std::string field;
  double value = 0;
  double min = 0;
  double max = 0;
};

/// The period a drift report is about, and the model whose profile it was compared with.
struct DriftPeriod {
  EventTime from;
  EventTime to;
  std::string model;  ///< Image digest.
};

// Each finding as an event without id (the queue gives it). Fields: docs/formats/events.md. `lineage` names the finding itself.
event::Event ToEvent(const DisruptionReading& reading, const TimeZone& zone, LineageId lineage);
event::Event ToEvent(const Reading& reading, LineageId lineage);
event::Event ToEvent(const DriftReport& report, const DriftPeriod& period, LineageId lineage);
event::Event ToEvent(const InsightData& insight, LineageId lineage);

}  // namespace edgewise::detect
