#include "demo/flights.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "demo/year.h"

namespace edgewise::demo {
namespace {

constexpr std::int64_t kMinute = 60'000;

/// A CSV file, line by line, with cells by the name of their column.
class Table {
 public:
  static Result<Table> Open(Files& files, const std::filesystem::path& file, std::initializer_list<std::string_view> columns) {
    Table table;
    table.file_ = file;
    EDGEWISE_ASSIGN(table.text_, files.Read(file));
    table.Next();
    for (const auto column : columns) {
      const auto found = std::ranges::find(table.cells_, column);
      if (found == table.cells_.end()) return table.Wrong(fmt::format("no column \"{}\"", column));
      table.places_.push_back(static_cast<std::size_t>(found - table.cells_.begin()));
    }
    table.width_ = table.cells_.size();
    return table;
  }
  /// Whether there is another line.
  Result<bool> Step() {
    if (at_ >= text_.size()) return false;
    Next();
    if (cells_.size() != width_) return Wrong(fmt::format("{} cells, not {}; is the file whole?", cells_.size(), width_));
    return true;
  }
  std::string_view operator[](std::size_t column) const { return cells_[places_[column]]; }

  /// "NA" is no number: `missing`.
  template <class Number>
  Result<Number> As(std::size_t column, Number missing) const {
    const auto cell = (*this)[column];
    if (cell == "NA") return missing;
    Number number{};
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
    if (error != std::errc() || end != cell.data() + cell.size()) return Wrong(fmt::format("\"{}\" is no number", cell));
    return number;
  }
  Result<EventTime> Time(std::size_t column) const {
    const auto time = ParseTime((*this)[column]);
    if (!time) return Wrong(time.error().message);
    return *time;
  }
  std::unexpected<Error> Wrong(std::string_view what) const {
    return Fail(Code::kDataLoss, fmt::format("{}:{}: {}", file_.string(), line_, what));
  }

 private:
  void Next() {
    ++line_;
    const auto end = std::min(text_.find('\n', at_), text_.size());
    auto line = std::string_view(text_).substr(at_, end - at_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at_ = end + 1;
    cells_.clear();
    for (std::size_t comma = 0; comma != std::string_view::npos; line.remove_prefix(std::min(comma + 1, line.size()))) {
      comma = line.find(',');
      cells_.push_back(line.substr(0, comma));
    }
  }

  std::filesystem::path file_;
  std::string text_;
  std::size_t at_ = 0, line_ = 0, width_ = 0;
  std::vector<std::string_view> cells_;
  std::vector<std::size_t> places_;
};

/// How far the clock of a destination is from UTC.
class Clocks {
 public:
  static Result<Clocks> Read(Files& files, const std::filesystem::path& file) {
    EDGEWISE_ASSIGN(auto zone, TimeZone::Load("America/New_York"));
    Clocks clocks(std::move(zone));
    EDGEWISE_ASSIGN(auto table, Table::Open(files, file, {"faa", "tz", "dst"}));
    while (true) {
      EDGEWISE_ASSIGN(const bool more, table.Step());
      if (!more) break;
      EDGEWISE_ASSIGN(const auto hours, table.As<double>(1, 0));
      clocks.offsets_[std::string(table[0])] = {static_cast<std::int64_t>(hours * 60), table[2] == "A"};
    }
    for (const auto* missing : {"SJU", "BQN", "STT", "PSE"}) clocks.offsets_[missing] = {-4 * 60, false};  // Atlantic time, all year
    return clocks;
  }
  /// Minutes; in summer those who change their clocks do it with New York.
  Result<std::int64_t> Minutes(std::string_view airport, EventTime time) const {
    const auto found = offsets_.find(airport);
    if (found == offsets_.end()) return Fail(Code::kDataLoss, fmt::format("airport {} is not in airports.csv", airport));
    const bool summer = newyork_.OffsetSeconds(time) == -4 * 3600;
    return found->second.minutes + (found->second.changes && summer ? 60 : 0);
  }

 private:
  struct Offset {
    std::int64_t minutes;
    bool changes;
  };
  explicit Clocks(TimeZone newyork) : newyork_(std::move(newyork)) {}
  TimeZone newyork_;
  std::map<std::string, Offset, std::less<>> offsets_;
};

Result<std::uint8_t> SiteOf(const YearRows& rows, const Table& table, std::string_view origin) {
  const auto found = std::ranges::find(rows.sites, origin);
  if (found == rows.sites.end()) return table.Wrong(fmt::format("unknown origin \"{}\"", origin));
  return static_cast<std::uint8_t>(found - rows.sites.begin());
}

/// The first moment after `left` at which the clock there shows `shown` (hhmm).
EventTime FirstShowing(EventTime left, int shown, std::int64_t offset_minutes) {
  const std::int64_t want = (shown / 100 % 24 * 60) + (shown % 100);
  const auto there = ((left.ms / kMinute) + offset_minutes) % 1440;
  return {left.ms + ((want - there + 1440) % 1440 * kMinute)};
}

Result<void> ReadFlight(const Table& table, const Clocks& clocks, YearRows& rows) {
  FlightRow flight;
  EDGEWISE_ASSIGN(flight.site, SiteOf(rows, table, table[0]));
  EDGEWISE_ASSIGN(const auto hour, table.Time(1));
  EDGEWISE_ASSIGN(const auto minute, table.As<int>(2, 0));
  EDGEWISE_ASSIGN(flight.dep_delay, table.As<std::int16_t>(3, kNoMinutes));
  EDGEWISE_ASSIGN(flight.arr_delay, table.As<std::int16_t>(4, kNoMinutes));
  EDGEWISE_ASSIGN(const auto shown, table.As<int>(5, -1));
  EDGEWISE_ASSIGN(flight.flight, table.As<std::uint16_t>(7, 0));
  EDGEWISE_ASSIGN(flight.distance, table.As<float>(10, 0.0F));
  flight.carrier = rows.words.Of(table[6]);
  flight.tail = rows.words.Of(table[8] == "NA" ? "" : table[8]);
  flight.dest = rows.words.Of(table[9]);
  flight.sched_dep = {hour.ms + (minute * kMinute)};
  if (flight.dep_delay != kNoMinutes) flight.left = {flight.sched_dep.ms + (flight.dep_delay * kMinute)};
  if (flight.arr_delay != kNoMinutes) {
    if (flight.dep_delay == kNoMinutes || shown < 0) return table.Wrong("an arrival delay without departure and arrival");
    EDGEWISE_ASSIGN(const auto offset, clocks.Minutes(table[9], flight.left));
    flight.landed = FirstShowing(flight.left, shown, offset);
  }
  rows.flights.push_back(flight);
  return {};
}

Result<void> ReadWeather(Files& files, const std::filesystem::path& file, YearRows& rows) {
  EDGEWISE_ASSIGN(auto table, Table::Open(files, file,
                                          {"origin", "time_hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip",
                                           "pressure", "visib"}));
  while (true) {
    EDGEWISE_ASSIGN(const bool more, table.Step());
    if (!more) return {};
    WeatherRow weather;
    EDGEWISE_ASSIGN(weather.site, SiteOf(rows, table, table[0]));
    EDGEWISE_ASSIGN(weather.at, table.Time(1));
    for (std::size_t i = 0; i < kWeatherFields.size(); ++i) {
      EDGEWISE_ASSIGN(weather.values[i], table.As<double>(i + 2, std::nan("")));
    }
    rows.weather.push_back(weather);
  }
}

}  // namespace

Result<std::unique_ptr<Traffic>> ReadFlights(Files& files, const std::filesystem::path& folder) {
  YearRows rows;
  rows.sites = {"EWR", "JFK", "LGA"};
  EDGEWISE_ASSIGN(const auto clocks, Clocks::Read(files, folder / "airports.csv"));
  EDGEWISE_ASSIGN(auto table, Table::Open(files, folder / "flights.csv",
                                          {"origin", "time_hour", "minute", "dep_delay", "arr_delay", "arr_time", "carrier", "flight",
                                           "tailnum", "dest", "distance"}));
  while (true) {
    EDGEWISE_ASSIGN(const bool more, table.Step());
    if (!more) break;
    EDGEWISE_TRY(ReadFlight(table, clocks, rows));
  }
  EDGEWISE_TRY(ReadWeather(files, folder / "weather.csv", rows));
  EDGEWISE_ASSIGN(rows.planes_csv, files.Read(folder / "planes.csv"));
  return MakeTraffic(std::move(rows));
}

}  // namespace edgewise::demo
