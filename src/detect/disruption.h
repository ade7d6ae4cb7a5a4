#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace edgewise::detect {

struct DisruptionOptions {
  std::chrono::hours window{3};           ///< Things due in this time before the hour are looked at.
  std::chrono::hours block{3};            ///< An hour is compared with hours of the same local block of the day.
  std::chrono::hours reference{28 * 24};  ///< ... of this time before it.
  std::chrono::hours warmup{28 * 24};     ///< No alarm before so much has been seen.
  double mad_floor = 8;                   ///< Minutes.
  double alarm = 6.9;                     ///< z from which on it is one.
  double cap = 180;                       ///< Minutes; also what a cancelled one counts as.
  std::uint32_t least_due = 35;           ///< An hour with fewer due is compared, but never alarms: at night one late thing is the mean.
};

/// How an hour looked, compared with the same time of other days.
struct DisruptionReading {
  EventTime hour;     ///< The moment it was taken: what was due in the `window` before it.
  EventTime date_of;  ///< The middle of that window: its local date is the day that the reading is about.
  double x = 0;       ///< Mean lateness, minutes.
  double median = 0;
  double mad = 0;  ///< As used: not below the floor.
  double z = 0;    ///< (x - median) / (1.4826 mad)
  std::uint32_t due = 0;
  bool alarm = false;
};

/// Finds hours in which what is due at a place happens much later than is usual there at that time of day.
/// x = mean over what was due in the last `window` of: lateness if it has happened, the wait so far if not, the cap if it was cancelled;
/// at most the cap; early ones count below zero. Compared by robust z with the x of the same local block on the days of `reference`.
/// Keys name single things ("UA 1545 IAH 2013-02-08T19:00:00Z"): they are kept until their due time has passed the window.
/// Cost: O(log n) per call; Hour() O(window + reference). Threads: one at a time. Order: hours ascend; the rest in any order.
class Disruption {
 public:
  Disruption(const DisruptionOptions& options, const TimeZone& zone);
  ~Disruption();
  Disruption(Disruption&&) noexcept;
  Disruption& operator=(Disruption&&) noexcept;

  void Due(std::string_view key, EventTime due);
  void Started(std::string_view key, double lateness_minutes);  ///< Unknown keys are ignored here and in Cancelled().
  void Cancelled(std::string_view key);

  /// Closes the hour that ends at `end` (a whole hour, later than the one before: earlier ones answer nothing). Nothing if nothing was due.
  std::optional<DisruptionReading> Hour(EventTime end);

  std::string Save() const;  ///< Versioned bytes, deterministic.
  /// Errors: kDataLoss (damaged), kFailedPrecondition (newer format: upgrade).
  static Result<Disruption> Load(std::string_view bytes, const DisruptionOptions& options, const TimeZone& zone);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace edgewise::detect
