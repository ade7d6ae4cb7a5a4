#include "site/scrubber.h"

#include "base/log.h"
#include "site/committer.h"

namespace edgewise::site {

Scrubber::Scrubber(Parts parts)
    : parts_(std::move(parts)),
      journal_(parts_.files, parts_.folder / "journal"),
      mended_(parts_.metrics.Counter("edgewise_queue_mended_bits_total", "Flipped bits in the queue's file that were mended.",
                                     {{"site", parts_.site}})),
      journal_lost_(parts_.metrics.Gauge("edgewise_journal_lost", "Entries of the journal that cannot be read.", {{"site", parts_.site}})) {
}

void Scrubber::Step(TimePoint now) {
  constexpr std::chrono::hours kBetween{24};
  Raise(mended_, parts_.queue.mended());
  if (!begun_ || (!under_way() && now - *begun_ >= kBetween)) {
    begun_ = now;
    at_ = At::kQueue;
  }
  switch (at_) {
    case At::kQueue:
      if (ReadQueue()) at_ = At::kJournal;
      break;
    case At::kJournal:
      if (ReadJournal()) at_ = At::kSnapshot;
      break;
    case At::kSnapshot:
      ReadSnapshot();
      at_ = At::kEnd;
      break;
    case At::kEnd:
      break;
  }
}

/// Whether it is read to the end.
bool Scrubber::ReadQueue() {
  constexpr std::size_t kRecords = 2000;  // some milliseconds, for which others wait
  const auto scrubbed = parts_.queue.Scrub(kRecords);
  if (!scrubbed) return false;  // the queue's trouble; whoever uses it says so
  if (scrubbed->damaged + scrubbed->missing > 0) {
    log::Failed("site {}: the queue holds {} damaged records, and {} are missing: see edgewise doctor", parts_.site, scrubbed->damaged,
                scrubbed->missing);
  }
  return scrubbed->done;
}

bool Scrubber::ReadJournal() {
  const auto read = journal_.Step();
  if (!read) {  // the next step goes on behind it, or tries again
    if (read.error().message != trouble_) log::Failed("site {}: {}", parts_.site, read.error().message);
    trouble_ = read.error().message;
    return false;
  }
  if (!read->done) return false;
  if (read->lost > lost_) log::Failed("site {}: {} entries of the journal cannot be read: see edgewise doctor", parts_.site, read->lost);
  lost_ = read->lost;
  journal_lost_.Set(static_cast<double>(lost_));
  return true;
}

/// It is rebuilt from the journal at the next start; one that is written now spares that.
void Scrubber::ReadSnapshot() {
  const auto bytes = parts_.files.Read(parts_.folder / "snapshot.bin");
  if (!bytes || DecodeSnapshot(*bytes)) return;
  log::Failed("site {}: the snapshot is damaged, it is written anew: look at the disk (smartctl -a)", parts_.site);
  parts_.renew_snapshot();
}

}  // namespace edgewise::site
