#include "queue/detail/read_event.h"

#include "queue/detail/checksum.h"

namespace edgewise::queue {

Result<event::Event> detail::ReadEvent(const SqliteRecords::Row& row, event::Lane lane) {
  if (Checksum(lane, row.sequence, row.body) != row.checksum)
    return Fail(Code::kDataLoss, "damaged record: its checksum is not that of what was appended");
  auto event = event::FromJson(row.body);
  if (!event) return Fail(Code::kDataLoss, event.error().message);
  return event;
}

}  // namespace edgewise::queue
