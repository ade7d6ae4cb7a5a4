#include "site/journal_scrub.h"

#include <algorithm>
#include <utility>

#include "site/journal.h"
#include "site/journal_segment.h"

namespace edgewise::site {

/// The last segment has no successor that says how many entries it must have: what its reader passes over is lost, and its tail may just
/// be written. What is written behind it is for the next pass.
Result<JournalScrub::Found> JournalScrub::Step() {
  EDGEWISE_ASSIGN(const auto segments, ListSegments(files_, folder_));
  const auto segment = std::ranges::lower_bound(segments, due_);
  const bool last = segment == segments.end() || std::next(segment) == segments.end();
  if (segment != segments.end()) {
    const auto first = *segment;
    const auto path = SegmentPath(folder_, first);
    const auto before = std::exchange(due_, last ? 1 : *std::next(segment));
    EDGEWISE_ASSIGN(const auto bytes, files_.Read(path));
    auto reader = SegmentReader::Open(bytes, first);
    if (!reader) return Fail(reader.error().code, path.string() + ": " + reader.error().message);
    std::uint64_t read = 0;
    while (reader->Next()) ++read;
    const auto behind = last ? reader->next_position() : due_;
    lost_ += behind - before - std::min(behind - before, read);
  }
  return last ? Found{.lost = std::exchange(lost_, 0), .done = true} : Found{.lost = lost_};
}

}  // namespace edgewise::site
