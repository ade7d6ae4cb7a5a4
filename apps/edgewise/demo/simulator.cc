#include "demo/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "demo/year.h"

namespace edgewise::demo {
namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int kCarriers = 8, kDestinations = 24, kNewDestinations = 4, kPlanes = 150;
constexpr int kDriftDay = 181, kNewDay = 95, kSensorDay = 42;

/// splitmix64: the standard's distributions differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
  }
  double Uniform() { return static_cast<double>(Next() >> 11U) * 0x1.0p-53; }
  int Below(int limit) { return static_cast<int>(Next() % static_cast<std::uint64_t>(limit)); }
  /// Close enough to a normal one: the sum of twelve.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Uniform();
    return sum;
  }

 private:
  std::uint64_t state_;
};

class Simulation {
 public:
  explicit Simulation(const SimulatorOptions& options)
      : options_(options), random_(options.seed), start_(*ParseTime("2013-01-01T05:00:00Z")) {
    rows_.sites = {"EAST", "MID", "WEST"};
    rows_.planes_csv = "tailnum,year,seats\n";
    for (int plane = 0; plane < kPlanes; ++plane)
      rows_.planes_csv += fmt::format("{},{},{}\n", Tail(plane), 1985 + random_.Below(28), 50 + random_.Below(200));
  }

  YearRows Make() {
    for (int day = 0; day < options_.days; ++day) {
      for (std::size_t site = 0; site < rows_.sites.size(); ++site) Day(day, static_cast<std::uint8_t>(site));
    }
    return std::move(rows_);
  }

 private:
  static std::string Tail(int plane) { return fmt::format("N{}SIM", 100 + plane); }

  void Day(int day, std::uint8_t site) {
    const bool disrupted = day > 27 && random_.Below(45) == 0;
    const double storm = random_.Uniform() < 0.2 ? random_.Uniform() : 0;
    Weather(day, site, disrupted ? 1 : storm);
    double jam = disrupted ? 55 : 0;  // how the day has gone so far, minutes
    for (int i = 0; i < options_.flights_per_day; ++i) {
      const int minute = (6 * 60) + (i * 17 * 60 / options_.flights_per_day);  // from six to eleven, local
      jam = (0.93 * jam) + (disrupted ? 5 : 0) + (0.8 * storm) + (1.5 * std::max(0.0, random_.Normal()));
      Flight(day, site, minute, jam, disrupted);
    }
  }

  void Weather(int day, std::uint8_t site, double storm) {
    for (int hour = 0; hour < 24; ++hour) {
      if (random_.Below(60) == 0) continue;  // stations miss an hour now and then
      const double season = std::cos((day - 20) / 365.0 * 6.283);
      WeatherRow weather{.at = start_ + std::chrono::milliseconds((day * kDay) + (hour * kHour)), .values = {}, .site = site};
      weather.values = {52 - (24 * season) + (4 * random_.Normal()),
                        40 - (22 * season),
                        55 + (30 * storm),
                        static_cast<double>(random_.Below(36) * 10),
                        6 + (25 * storm) + (2 * random_.Uniform()),
                        std::nan(""),
                        storm > 0.3 ? storm / 4 : 0,
                        1018 - (18 * storm),
                        10 - (8 * storm)};
      if (day == kSensorDay && hour == 3 && site == 0) weather.values[4] = 1048;
      rows_.weather.push_back(weather);
    }
  }

  void Flight(int day, std::uint8_t site, int minute, double jam, bool disrupted) {
    FlightRow flight;
    const int carrier = random_.Below(kCarriers);
    const int dest = random_.Below(day < kNewDay ? kDestinations : kDestinations + kNewDestinations);
    flight.site = site;
    flight.sched_dep = start_ + std::chrono::milliseconds((day * kDay) + (minute * kMinute));
    flight.carrier = rows_.words.Of(fmt::format("C{}", carrier));
    flight.dest = rows_.words.Of(fmt::format("D{:02}", dest));
    flight.flight = static_cast<std::uint16_t>(1000 + (site * 1000) + (minute / 2));
    flight.distance = static_cast<float>(200 + (90 * dest));
    flight.tail = rows_.words.Of(Tail(random_.Below(kPlanes)));
    if (random_.Uniform() < (disrupted ? 0.25 : 0.012)) {  // cancelled: no plane is named any more
      flight.tail = rows_.words.Of("");
      rows_.flights.push_back(flight);
      return;
    }
    const int habit = day < kDriftDay ? carrier : kCarriers - 1 - carrier;  // who was punctual no longer is
    const double delay = -6 + (2.2 * habit) + ((minute - 360) / 90.0) + jam + (random_.Uniform() < 0.08 ? 60 * random_.Uniform() : 0) +
                         (4 * random_.Normal());
    flight.dep_delay = static_cast<std::int16_t>(std::clamp(delay, -15.0, 600.0));
    flight.left = flight.sched_dep + std::chrono::milliseconds(flight.dep_delay * kMinute);
    if (random_.Below(300) != 0) {  // else diverted
      const double gain = -3 - (dest % 5) + (6 * random_.Normal());
      flight.arr_delay = static_cast<std::int16_t>(flight.dep_delay + gain);
      const auto in_the_air = static_cast<std::int64_t>(40 + (flight.distance / 7));
      flight.landed = flight.left + std::chrono::milliseconds((in_the_air + static_cast<std::int64_t>(gain) + 20) * kMinute);
    }
    rows_.flights.push_back(flight);
  }

  SimulatorOptions options_;
  Random random_;
  EventTime start_;
  YearRows rows_;
};

}  // namespace

Result<std::unique_ptr<Traffic>> Simulate(const SimulatorOptions& options) { return MakeTraffic(Simulation(options).Make()); }

}  // namespace edgewise::demo
