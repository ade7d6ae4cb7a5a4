#pragma once

#include "base/result.h"
#include "event/event.h"
#include "queue/detail/sqlite_records.h"

namespace edgewise::queue::detail {

/// The event of a record that waits. Errors: kDataLoss (it is not what was appended).
Result<event::Event> ReadEvent(const SqliteRecords::Row& row, event::Lane lane);

}  // namespace edgewise::queue::detail
