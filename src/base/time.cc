#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

namespace edgewise {
namespace {

using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;

constexpr std::int64_t kMsPerDay = 86'400'000;

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0); }

std::int64_t DaysFromCivil(int year, int month, int day) {
  return sys_days(std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::day(static_cast<unsigned>(day)))
      .time_since_epoch()
      .count();
}

/// Civil fields of milliseconds that are already local.
CivilTime Split(std::int64_t local_ms) {
  const std::int64_t day = FloorDiv(local_ms, kMsPerDay);
  const year_month_day date{sys_days(days(day))};
  const auto second_of_day = static_cast<int>((local_ms - day * kMsPerDay) / 1000);
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
  civil.hour = second_of_day / 3600;
  civil.minute = second_of_day / 60 % 60;
  civil.second = second_of_day % 60;
  civil.weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  civil.yearday = static_cast<int>(day - DaysFromCivil(civil.year, 1, 1));
  return civil;
}

std::string Format(std::int64_t ms) {
  const CivilTime c = Split(ms);
  const auto rest = static_cast<int>(((ms % 1000) + 1000) % 1000);
  const auto fraction = rest == 0 ? std::string() : fmt::format(".{:03}", rest);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", c.year, c.month, c.day, c.hour, c.minute, c.second, fraction);
}

/// `count` digits at `at`, or -1.
int Digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::int64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string FormatTime(EventTime time) { return Format(time.ms); }
std::string FormatTime(ProcessingTime time) { return Format(time.ms); }

Result<EventTime> ParseTime(std::string_view text) {
  const auto bad = [&] {
    return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is not a time like 2013-02-08T19:00:00Z", text.substr(0, 40)));
  };
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return bad();
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return bad();
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad();

  std::size_t at = 19;
  std::int64_t ms = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) ms += (text[at] - '0') * scale;
  }
  const auto zone = text.substr(at);
  if (zone != "Z" && zone != "+00:00") return bad();
  return EventTime{((DaysFromCivil(year, month, day) * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + ms};
}

TimeZone::TimeZone(std::string name, std::vector<std::int64_t> transitions, std::vector<std::int64_t> offsets)
    : name_(std::move(name)), transitions_(std::move(transitions)), offsets_(std::move(offsets)) {}

// Reads TZif (RFC 8536), version 2 or later: the second, 64-bit block. The years after the last listed transition keep its offset.
Result<TimeZone> TimeZone::Load(std::string_view name) {
  if (name == "UTC") return Utc();
  // A process reads a zone once: whoever reads a program again must not wait for a disk.
  static std::mutex mutex;
  static std::map<std::string, TimeZone, std::less<>> loaded;  // guarded by mutex
  const std::lock_guard lock(mutex);
  if (const auto found = loaded.find(name); found != loaded.end()) return found->second;
  const auto unknown = [&](std::string_view why) {
    return Fail(Code::kNotFound, fmt::format("time zone \"{}\": {}; name one from the IANA list, and have the package tzdata installed",
                                             name.substr(0, 64), why));
  };
  if (name.empty() || name.find("..") != std::string_view::npos || name.front() == '/') return unknown("not a zone name");
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  constexpr std::size_t kHeader = 44;
  if (bytes.size() < kHeader || !bytes.starts_with("TZif") || bytes[4] < '2') return unknown("no such zone file");

  const auto counts = [&](std::size_t base, int i) {
    return static_cast<std::size_t>(BigEndian(std::string_view(bytes).substr(base + 20 + static_cast<std::size_t>(i) * 4, 4)));
  };
  // Order in the header: isut, isstd, leap, time, type, char.
  const std::size_t second = kHeader + counts(0, 3) * 5 + counts(0, 4) * 6 + counts(0, 5) + counts(0, 2) * 8 + counts(0, 1) + counts(0, 0);
  if (bytes.size() < second + kHeader) return unknown("zone file is cut off");
  const std::size_t times = counts(second, 3), types = counts(second, 4);
  const std::size_t at = second + kHeader, index = at + times * 8, infos = index + times;
  if (types == 0 || bytes.size() < infos + types * 6) return unknown("zone file is cut off");

  const std::string_view view(bytes);
  const auto offset_of = [&](std::size_t type) { return BigEndian(view.substr(infos + type * 6, 4)); };
  std::vector<std::int64_t> transitions, offsets{offset_of(0)};
  for (std::size_t i = 0; i < times; ++i) {
    transitions.push_back(BigEndian(view.substr(at + i * 8, 8)));
    offsets.push_back(offset_of(std::min<std::size_t>(static_cast<unsigned char>(bytes[index + i]), types - 1)));
  }
  TimeZone zone(std::string(name), std::move(transitions), std::move(offsets));
  return loaded.emplace(name, std::move(zone)).first->second;
}

std::int64_t TimeZone::OffsetSeconds(EventTime time) const {
  const auto seconds = FloorDiv(time.ms, 1000);
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), seconds);
  return offsets_[static_cast<std::size_t>(after - transitions_.begin())];
}

CivilTime TimeZone::Civil(EventTime time) const { return Split(time.ms + OffsetSeconds(time) * 1000); }

EventTime TimeZone::FromCivil(const CivilTime& c) const {
  const std::int64_t local = ((DaysFromCivil(c.year, c.month, c.day) * 24 + c.hour) * 60 + c.minute) * 60'000 + c.second * 1000;
  const EventTime earlier{local - OffsetSeconds({local - kMsPerDay}) * 1000};
  if (earlier.ms + OffsetSeconds(earlier) * 1000 == local) return earlier;
  return {local - OffsetSeconds({local + kMsPerDay}) * 1000};
}

std::string TimeZone::Date(EventTime time) const {
  const CivilTime c = Civil(time);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

EventTime TimeZone::MonthStart(EventTime time, int months) const {
  const CivilTime c = Civil(time);
  const int month = c.year * 12 + c.month - 1 + months;
  CivilTime start;
  start.year = month / 12;
  start.month = month % 12 + 1;
  return FromCivil(start);
}

}  // namespace edgewise
