#pragma once

#include "event/event.h"
#include "site/label_join.h"

namespace edgewise::site {

/// A labelled row as the event that leaves through queue and relay: features and label, no identifiers (docs/formats/events.md).
event::Event SampleEvent(const Waiting& row, bool positive, EventTime known, const TimeZone& zone);

}  // namespace edgewise::site
