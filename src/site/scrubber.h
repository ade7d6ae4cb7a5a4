#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/metrics.h"
#include "queue/sqlite_queue.h"
#include "site/journal_scrub.h"

namespace edgewise::site {

/// Reads everything that a site keeps once a day, a little at a time, so that damage is found before somebody needs what it hit: its queue,
/// its journal, its snapshot. What it finds is in the queue's depths, in metrics (docs/operating.md) and in the log. One thread.
class Scrubber {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Parts {
    std::string site;
    queue::SqliteQueue& queue;
    Files& files;
    std::filesystem::path folder;          ///< The site's.
    std::function<void()> renew_snapshot;  ///< The one on the disk is damaged.
    Metrics& metrics;
  };
  explicit Scrubber(Parts parts);

  /// Reads on, if a pass is due or under way; meant to be called once a second. Up to 2000 records, or a segment of the journal.
  void Step(TimePoint now);
  bool under_way() const { return at_ != At::kEnd; }

 private:
  enum class At : std::uint8_t { kQueue, kJournal, kSnapshot, kEnd };
  bool ReadQueue();
  bool ReadJournal();
  void ReadSnapshot();

  Parts parts_;
  JournalScrub journal_;
  std::optional<TimePoint> begun_;  // the last pass
  At at_ = At::kEnd;
  std::uint64_t lost_ = 0;  // of the journal, as it was said last
  std::string trouble_;     // with the journal, likewise
  prometheus::Counter& mended_;
  prometheus::Gauge& journal_lost_;
};

}  // namespace edgewise::site
