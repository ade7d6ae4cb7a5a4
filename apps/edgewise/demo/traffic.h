#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace edgewise::demo {

/// At equal time a score goes before the records: it must not know them.
enum class Kind : std::uint8_t { kScore, kSchedule, kDeparture, kLanding, kCancellation, kWeather };
std::string_view StreamOf(Kind kind);  ///< "schedule", ...; "" for kScore

/// Something that a local application tells its site at a moment of event time.
struct Happening {
  EventTime at;
  std::uint32_t row = 0;  ///< In the source.
  Kind kind = Kind::kScore;
};

/// What really happened to a flight: for the report alone, sites never see it from here.
struct Truth {
  std::uint8_t site = 0;
  std::int32_t day = 0;  ///< Local date of the scheduled departure, days since 1970.
  EventTime sched_dep;
  bool cancelled = false;
  std::optional<float> dep_delay, arr_delay;  ///< Minutes; no arr_delay: the flight never gets a label.
};

/// Texts that must not be found outside the sites.
struct Forbidden {
  std::vector<std::string> tails;           ///< Searched as bytes.
  std::vector<std::string> canaries;        ///< Planted personal data of crew notes, searched as bytes.
  std::vector<std::string> flight_numbers;  ///< Short numbers: searched by field.
};

/// A year of three sites, in memory, as the applications there would tell it. Thread-safe for reading.
class Traffic {
 public:
  virtual ~Traffic() = default;
  virtual const std::vector<std::string>& sites() const = 0;
  /// Sorted by (at, score first, kind, row): replaying it in this order tells nothing early.
  virtual std::span<const Happening> of(std::size_t site) const = 0;
  /// Appends the JSON object of a record (with producer, seq, time) or of a score request (with time), without a newline. `seq` counts the
  /// site's records from 1 in the order of of(): the same each time.
  virtual void Render(std::size_t site, std::size_t place, std::string& out) const = 0;
  virtual std::span<const Truth> truth() const = 0;
  virtual const Forbidden& forbidden() const = 0;
  virtual const std::string& planes_csv() const = 0;  ///< Header and rows of the table of planes: tailnum, year, seats.
};

}  // namespace edgewise::demo
