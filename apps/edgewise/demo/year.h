#pragma once

#include <array>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "demo/traffic.h"

namespace edgewise::demo {

/// Texts as small numbers.
class Words {
 public:
  std::uint16_t Of(std::string_view word);
  const std::string& operator[](std::uint16_t code) const { return words_[code]; }
  const std::vector<std::string>& all() const { return words_; }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::uint16_t> codes_;
};

inline constexpr std::int16_t kNoMinutes = std::numeric_limits<std::int16_t>::min();

/// One flight as it went.
struct FlightRow {
  EventTime sched_dep, left, landed;    ///< `left`, `landed`: if it did.
  std::int16_t dep_delay = kNoMinutes;  ///< kNoMinutes: cancelled.
  std::int16_t arr_delay = kNoMinutes;  ///< kNoMinutes: never landed where it should.
  std::uint16_t carrier = 0, dest = 0, tail = 0, flight = 0;
  float distance = 0;
  std::uint8_t site = 0;
};

inline constexpr std::array<std::string_view, 9> kWeatherFields = {"temp",      "dewp",   "humid",    "wind_dir", "wind_speed",
                                                                   "wind_gust", "precip", "pressure", "visib"};
struct WeatherRow {
  EventTime at;
  std::array<double, kWeatherFields.size()> values{};  ///< NaN: not measured.
  std::uint8_t site = 0;
};

/// What a year is made of, whether it was read or simulated.
struct YearRows {
  std::vector<std::string> sites;
  Words words;
  std::vector<FlightRow> flights;
  std::vector<WeatherRow> weather;
  std::string planes_csv;
  std::string zone = "America/New_York";
};

/// Puts a year in the order in which it is told: a schedule at 12:00Z of the day before, a score an hour before the scheduled departure,
/// then what happened when it happened. One crew note in a hundred holds personal data (planted, by a fixed rule). Errors: kNotFound (time
/// zone).
Result<std::unique_ptr<Traffic>> MakeTraffic(YearRows rows);

}  // namespace edgewise::demo
