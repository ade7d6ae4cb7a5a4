#include "detect/disruption.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace edgewise::detect {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

DisruptionOptions Small() {
  DisruptionOptions options;
  options.least_due = 3;
  return options;
}

std::string Key(std::int64_t due, int i) { return std::to_string(due) + '/' + std::to_string(i); }

/// One thing that happens to the detector, at a time.
struct Act {
  std::int64_t at;
  enum { kDue, kStarted, kCancelled, kHour } what;
  std::string key;
  std::int64_t due = 0;
  double lateness = 0;
};

std::optional<DisruptionReading> Do(Disruption& disruption, const Act& act) {
  if (act.what == Act::kDue) disruption.Due(act.key, {act.due});
  if (act.what == Act::kStarted) disruption.Started(act.key, act.lateness);
  if (act.what == Act::kCancelled) disruption.Cancelled(act.key);
  return act.what == Act::kHour ? disruption.Hour({act.at}) : std::nullopt;
}

/// Days of five an hour, each a few minutes late; on `bad_day` from 12 to 18 h most are very late or cancelled.
std::vector<Act> Days(int days, int bad_day, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<Act> acts;
  for (std::int64_t hour = 0; hour < days * 24; ++hour) {
    for (int i = 0; i < 5; ++i) {
      const auto due = hour * kHour + 10 * kMinute * i;
      const bool bad = hour / 24 == bad_day && hour % 24 >= 12 && hour % 24 < 18;
      const auto lateness = static_cast<double>(random() % 20) + (bad ? 150 : -5);
      acts.push_back({due - 6 * kHour, Act::kDue, Key(due, i), due});
      if (bad && i < 3)
        acts.push_back({due, Act::kCancelled, Key(due, i)});
      else
        acts.push_back({due + static_cast<std::int64_t>(lateness) * kMinute, Act::kStarted, Key(due, i), due, lateness});
    }
    acts.push_back({(hour + 1) * kHour, Act::kHour, {}});
  }
  std::ranges::stable_sort(acts, {}, &Act::at);
  return acts;
}

std::vector<DisruptionReading> Readings(const std::vector<Act>& acts, Disruption disruption = {Small(), TimeZone::Utc()}) {
  std::vector<DisruptionReading> readings;
  for (const auto& act : acts) {
    if (const auto reading = Do(disruption, act)) readings.push_back(*reading);
  }
  return readings;
}

TEST(Disruption, KnownLatenessWaitsAndCancellationsMakeTheMean) {
  Disruption disruption(Small(), TimeZone::Utc());
  const std::int64_t end = 100 * kHour;
  disruption.Due("known", {end - 2 * kHour});
  disruption.Started("known", 20);
  disruption.Due("early", {end - kHour});
  disruption.Started("early", -8);
  disruption.Due("waiting", {end - 30 * kMinute});
  disruption.Due("cancelled", {end - kMinute});
  disruption.Cancelled("cancelled");
  disruption.Due("very late", {end - kMinute});
  disruption.Started("very late", 900);
  disruption.Due("later", {end + kMinute});
  disruption.Due("before", {end - 3 * kHour});
  disruption.Started("unknown", 99);
  const auto reading = disruption.Hour({end});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->due, 5u);
  EXPECT_DOUBLE_EQ(reading->x, (20 - 8 + 30 + 180 + 180) / 5.0);
  EXPECT_FALSE(disruption.Hour({end})) << "an hour is closed once";
}

TEST(Disruption, ABadAfternoonAlarmsAndOtherDaysDoNot) {
  for (const auto& reading : Readings(Days(45, 40))) {
    const auto hour = reading.hour.ms / kHour;
    const bool bad_day = hour / 24 == 40;
    EXPECT_TRUE(bad_day || !reading.alarm) << hour;
    EXPECT_TRUE(!bad_day || hour % 24 < 15 || hour % 24 > 18 || reading.alarm) << hour;
  }
}

TEST(Disruption, NoAlarmBeforeTheWarmUpOrWhenLittleIsDue) {
  for (const auto& reading : Readings(Days(30, 20))) EXPECT_FALSE(reading.alarm);
  auto options = Small();
  options.least_due = 16;
  for (const auto& reading : Readings(Days(45, 40), {options, TimeZone::Utc()})) EXPECT_FALSE(reading.alarm);
}

TEST(Disruption, AnHourIsComparedWithItsOwnLocalBlockOnly) {
  // Every evening is bad: no alarm in the evening, and one when a morning is as bad.
  Disruption disruption(Small(), TimeZone::Utc());
  bool morning_alarm = false;
  for (std::int64_t hour = 0; hour < 40 * 24; ++hour) {
    const bool bad = hour % 24 >= 17 || (hour / 24 == 38 && hour % 24 >= 8 && hour % 24 < 11);
    for (int i = 0; i < 5; ++i) {
      disruption.Due(Key(hour, i), {hour * kHour + i * kMinute});
      disruption.Started(Key(hour, i), bad ? 120 : 2);
    }
    const auto reading = disruption.Hour({(hour + 1) * kHour});
    ASSERT_TRUE(reading);
    const bool the_morning = hour / 24 == 38 && hour % 24 >= 8 && hour % 24 < 14;
    EXPECT_TRUE(!reading->alarm || the_morning) << hour;
    morning_alarm = morning_alarm || reading->alarm;
  }
  EXPECT_TRUE(morning_alarm);
}

TEST(Disruption, NothingDueIsNoReading) {
  Disruption disruption(Small(), TimeZone::Utc());
  EXPECT_FALSE(disruption.Hour({kDay}));
  disruption.Due("too late to matter", {kDay - 4 * kHour});
  EXPECT_FALSE(disruption.Hour({kDay + kHour}));
}

/// Property: what comes after an hour was closed changes nothing of it.
TEST(Disruption, TheFutureChangesNoReading) {
  const auto acts = Days(40, 35);
  const auto all = Readings(acts);
  auto changed = Days(40, 33, 2);
  for (auto cut : {200, 3000, 5500}) {
    std::vector<Act> mixed(acts.begin(), acts.begin() + cut);
    mixed.insert(mixed.end(), changed.begin() + cut, changed.end());
    const auto readings = Readings(mixed);
    for (std::size_t i = 0; i < readings.size() && readings[i].hour.ms <= acts[static_cast<std::size_t>(cut) - 1].at - kHour; ++i) {
      EXPECT_EQ(readings[i].x, all[i].x);
      EXPECT_EQ(readings[i].z, all[i].z);
    }
  }
}

/// Property: saved and loaded anywhere, it goes on as if nothing had been.
TEST(Disruption, GoesOnAfterSaveAndLoad) {
  const auto acts = Days(40, 35);
  const auto all = Readings(acts);
  Disruption disruption(Small(), TimeZone::Utc());
  std::vector<DisruptionReading> readings;
  for (std::size_t i = 0; i < acts.size(); ++i) {
    if (const auto reading = Do(disruption, acts[i])) readings.push_back(*reading);
    if (i % 997 != 0) continue;
    const auto saved = disruption.Save();
    auto loaded = Disruption::Load(saved, Small(), TimeZone::Utc());
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->Save(), saved);
    disruption = *std::move(loaded);
  }
  ASSERT_EQ(readings.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(readings[i].z, all[i].z);
}

TEST(Disruption, DamagedBytesAreRefused) {
  Disruption disruption(Small(), TimeZone::Utc());
  for (const auto& act : Days(2, 9)) Do(disruption, act);
  const auto saved = disruption.Save();
  for (std::size_t size = 0; size < saved.size(); size += 7)
    EXPECT_EQ(Disruption::Load(saved.substr(0, size), Small(), TimeZone::Utc()).error().code, Code::kDataLoss);
  auto newer = saved;
  newer[saved.find("EWDISR01") + 7] = '2';
  EXPECT_EQ(Disruption::Load(newer, Small(), TimeZone::Utc()).error().code, Code::kFailedPrecondition);
}

}  // namespace
}  // namespace edgewise::detect
