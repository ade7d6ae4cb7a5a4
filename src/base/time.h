#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise {

/// When something happened in the world, UTC, milliseconds since 1970. It says nothing about when we heard of it.
struct EventTime {
  std::int64_t ms = 0;
  auto operator<=>(const EventTime&) const = default;
  EventTime operator+(std::chrono::milliseconds d) const { return {ms + d.count()}; }
  EventTime operator-(std::chrono::milliseconds d) const { return {ms - d.count()}; }
  std::chrono::milliseconds operator-(EventTime other) const { return std::chrono::milliseconds(ms - other.ms); }
};

/// When this machine did something, UTC, milliseconds since 1970. A type of its own: never mixed with EventTime.
struct ProcessingTime {
  std::int64_t ms = 0;
  auto operator<=>(const ProcessingTime&) const = default;
};

/// "2013-02-08T19:00:00Z"; with ".250" before the Z when there are milliseconds.
std::string FormatTime(EventTime time);
std::string FormatTime(ProcessingTime time);

/// Reads ISO 8601 in UTC ("2013-02-08T19:00:00Z", seconds may have a fraction, "+00:00" is accepted for Z).
/// Errors: kInvalidArgument (names the text).
Result<EventTime> ParseTime(std::string_view text);

/// Civil fields of a moment in one time zone.
struct CivilTime {
  int year = 1970;
  int month = 1;  ///< 1..12
  int day = 1;    ///< 1..31
  int hour = 0;   ///< 0..23
  int minute = 0;
  int second = 0;
  int weekday = 0;  ///< 0 = Monday .. 6 = Sunday
  int yearday = 0;  ///< 0..365
};

/// A time zone by its IANA name, read once from the system's zone files.
/// Threads: immutable, any number. Errors of Load: kNotFound (unknown zone; the fix is to install tzdata or name one that exists).
class TimeZone {
 public:
  static Result<TimeZone> Load(std::string_view name);
  static TimeZone Utc() { return TimeZone("UTC", {}, {0}); }

  const std::string& name() const { return name_; }
  std::int64_t OffsetSeconds(EventTime time) const;  ///< Local minus UTC.
  CivilTime Civil(EventTime time) const;
  /// The moment of a local wall time; in a gap the later, in a fold the earlier one.
  EventTime FromCivil(const CivilTime& civil) const;
  /// "2013-02-08", the local date of a moment.
  std::string Date(EventTime time) const;
  /// First moment of the local month `months` after the one that holds `time` (0 = its own).
  EventTime MonthStart(EventTime time, int months = 0) const;

 private:
  TimeZone(std::string name, std::vector<std::int64_t> transitions, std::vector<std::int64_t> offsets);

  std::string name_;
  std::vector<std::int64_t> transitions_;  // seconds UTC, ascending; offsets_[0] is before the first, offsets_[i + 1] from transitions_[i]
  std::vector<std::int64_t> offsets_;
};

}  // namespace edgewise
