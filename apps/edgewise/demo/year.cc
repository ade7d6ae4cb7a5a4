#include "demo/year.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace edgewise::demo {
namespace {

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::size_t kCanaries = 200;

constexpr std::uint64_t Mix(std::uint64_t x) {  // splitmix64's finisher: spreads row numbers
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// Made up, in forms that real notes have.
std::string Canary(std::size_t number) {
  const auto code = Mix(number) % 1'000'000;
  switch (number % 4) {
    case 0:
      return fmt::format("Ms Quillfeather-{:06}", code);
    case 1:
      return fmt::format("+1-555-{:03}-{:04}", number, code % 10'000);
    case 2:
      return fmt::format("crew.{:06}@example.org", code);
    default:
      return fmt::format("passport X{:03}{:06}", number, code);
  }
}

class Year final : public Traffic {
 public:
  Year(YearRows rows, const TimeZone& zone) : rows_(std::move(rows)) {
    for (std::size_t i = 0; i < kCanaries; ++i) forbidden_.canaries.push_back(Canary(i));
    Happen();
    for (auto& site : sites_) Sort(site);
    Remember(zone);
  }

  const std::vector<std::string>& sites() const override { return rows_.sites; }
  std::span<const Happening> of(std::size_t site) const override { return sites_[site].happenings; }
  std::span<const Truth> truth() const override { return truth_; }
  const Forbidden& forbidden() const override { return forbidden_; }
  const std::string& planes_csv() const override { return rows_.planes_csv; }

  void Render(std::size_t site, std::size_t place, std::string& out) const override {
    const auto& happening = sites_[site].happenings[place];
    const auto end = std::back_inserter(out);
    fmt::format_to(end, R"({{"time":"{}")", FormatTime(happening.at));
    if (happening.kind != Kind::kScore)
      fmt::format_to(end, R"(,"producer":"{}-{}","seq":{})", rows_.sites[site], StreamOf(happening.kind), sites_[site].sequences[place]);
    if (happening.kind == Kind::kWeather) {
      RenderWeather(rows_.weather[happening.row], out);
    } else {
      RenderFlight(happening, out);
    }
    out += '}';
  }

 private:
  struct Site {
    std::vector<Happening> happenings;
    std::vector<std::uint32_t> sequences;
  };

  void Happen() {
    sites_.resize(rows_.sites.size());
    for (std::uint32_t row = 0; row < rows_.flights.size(); ++row) {
      const auto& flight = rows_.flights[row];
      auto& to = sites_[flight.site].happenings;
      const auto due = flight.sched_dep;
      to.push_back({{(due.ms / kDay * kDay) - (12 * kHour)}, row, Kind::kSchedule});
      to.push_back({{due.ms - kHour}, row, Kind::kScore});
      if (flight.dep_delay == kNoMinutes) {
        to.push_back({due, row, Kind::kCancellation});
      } else {
        to.push_back({flight.left, row, Kind::kDeparture});
      }
      if (flight.arr_delay != kNoMinutes) to.push_back({flight.landed, row, Kind::kLanding});
    }
    for (std::uint32_t row = 0; row < rows_.weather.size(); ++row) {
      sites_[rows_.weather[row].site].happenings.push_back({rows_.weather[row].at, row, Kind::kWeather});
    }
  }

  static void Sort(Site& site) {
    // Rows of one moment keep the order of their source; only scores go before them.
    std::ranges::stable_sort(site.happenings, {}, [](const Happening& it) { return std::pair(it.at, it.kind == Kind::kScore ? 0 : 1); });
    std::uint32_t sequence = 0;
    for (const auto& happening : site.happenings) site.sequences.push_back(happening.kind == Kind::kScore ? 0 : ++sequence);
  }

  void Remember(const TimeZone& zone) {
    std::set<std::string> tails, flights;
    for (const auto& flight : rows_.flights) {
      const auto local = flight.sched_dep.ms + (zone.OffsetSeconds(flight.sched_dep) * 1000);
      Truth truth{flight.site, static_cast<std::int32_t>(local / kDay), flight.sched_dep, flight.dep_delay == kNoMinutes, {}, {}};
      if (flight.dep_delay != kNoMinutes) truth.dep_delay = flight.dep_delay;
      if (flight.arr_delay != kNoMinutes) truth.arr_delay = flight.arr_delay;
      truth_.push_back(truth);
      if (!rows_.words[flight.tail].empty()) tails.insert(rows_.words[flight.tail]);
      flights.insert(std::to_string(flight.flight));
    }
    forbidden_.tails.assign(tails.begin(), tails.end());
    forbidden_.flight_numbers.assign(flights.begin(), flights.end());
  }

  static void RenderWeather(const WeatherRow& weather, std::string& out) {
    for (std::size_t i = 0; i < kWeatherFields.size(); ++i) {
      if (std::isnan(weather.values[i])) continue;
      fmt::format_to(std::back_inserter(out), R"(,"{}":{})", kWeatherFields[i], weather.values[i]);
    }
  }

  void RenderFlight(const Happening& happening, std::string& out) const {
    const auto& flight = rows_.flights[happening.row];
    const auto end = std::back_inserter(out);
    fmt::format_to(end, R"(,"carrier":"{}","flight":"{}","dest":"{}","sched_dep":"{}")", rows_.words[flight.carrier], flight.flight,
                   rows_.words[flight.dest], FormatTime(flight.sched_dep));
    if (happening.kind == Kind::kSchedule || happening.kind == Kind::kScore) fmt::format_to(end, R"(,"distance":{})", flight.distance);
    if (happening.kind == Kind::kSchedule || happening.kind == Kind::kCancellation) return;
    fmt::format_to(end, R"(,"tail":"{}")", rows_.words[flight.tail]);
    if (happening.kind == Kind::kScore) {
      fmt::format_to(end, R"(,"origin":"{}")", rows_.sites[flight.site]);
      const auto chance = Mix(happening.row);
      if (chance % 100 == 0)
        fmt::format_to(end, R"(,"crew_note":"ask {} about the stroller")", forbidden_.canaries[chance / 100 % kCanaries]);
      return;
    }
    fmt::format_to(end, R"(,"dep_delay":{})", flight.dep_delay);
    if (happening.kind == Kind::kLanding) fmt::format_to(end, R"(,"arr_delay":{})", flight.arr_delay);
  }

  YearRows rows_;
  std::vector<Site> sites_;
  std::vector<Truth> truth_;
  Forbidden forbidden_;
};

}  // namespace

std::string_view StreamOf(Kind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"", "schedule", "departure", "landing", "cancellation", "weather"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::uint16_t Words::Of(std::string_view word) {
  const auto [found, added] = codes_.try_emplace(std::string(word), static_cast<std::uint16_t>(words_.size()));
  if (added) words_.emplace_back(word);
  return found->second;
}

Result<std::unique_ptr<Traffic>> MakeTraffic(YearRows rows) {
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(rows.zone));
  return std::make_unique<Year>(std::move(rows), zone);
}

}  // namespace edgewise::demo
