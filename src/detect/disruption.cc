#include "detect/disruption.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "detect/detail/bytes.h"

namespace edgewise::detect {
namespace {

constexpr std::string_view kMagic = "EWDISR01";
constexpr double kMinute = 60'000;
constexpr double kNotYet = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

double Median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

/// Something that is due: its lateness in minutes once it is known.
struct Item {
  std::int64_t due = 0;
  double lateness = kNotYet;
};

struct PastHour {
  std::int64_t end = 0;
  double x = 0;
};

}  // namespace

struct Disruption::State {
  State(const DisruptionOptions& of_options, const TimeZone& of_zone) : options(of_options), zone(of_zone) {}

  DisruptionOptions options;
  TimeZone zone;
  std::map<std::string, Item, std::less<>> items;
  std::set<std::pair<std::int64_t, std::string>> by_due;
  std::deque<PastHour> past;  // the reference, ascending
  std::int64_t first = kNever;
  std::int64_t last = kNever;  // end of the last hour closed

  static std::int64_t Ms(std::chrono::milliseconds time) { return time.count(); }
  std::int64_t Block(std::int64_t end) const { return zone.Civil({end}).hour / std::max<std::int64_t>(1, options.block.count()); }

  void Settle(std::string_view key, double lateness) {
    const auto item = items.find(key);
    if (item != items.end()) item->second.lateness = std::min(lateness, options.cap);
  }

  void Forget(std::int64_t until) {
    while (!by_due.empty() && by_due.begin()->first <= until) {
      items.erase(by_due.begin()->second);
      by_due.erase(by_due.begin());
    }
  }

  /// Puts the middle and the spread of the reference into `reading`.
  void Compare(std::int64_t end, DisruptionReading& reading) const {
    const auto block = Block(end);
    std::vector<double> values;
    for (const auto& hour : past) {
      if (Block(hour.end) == block) values.push_back(hour.x);
    }
    if (values.empty()) return;
    reading.median = Median(values);
    for (auto& value : values) value = std::abs(value - reading.median);
    reading.mad = Median(values);
  }
};

Disruption::Disruption(const DisruptionOptions& options, const TimeZone& zone) : state_(std::make_unique<State>(options, zone)) {}
Disruption::~Disruption() = default;
Disruption::Disruption(Disruption&&) noexcept = default;
Disruption& Disruption::operator=(Disruption&&) noexcept = default;

void Disruption::Due(std::string_view key, EventTime due) {
  auto& state = *state_;
  if (state.last != kNever && due.ms <= state.last - State::Ms(state.options.window)) return;
  const auto [item, added] = state.items.try_emplace(std::string(key), Item{due.ms, kNotYet});
  if (!added) {
    state.by_due.erase({item->second.due, item->first});
    item->second.due = due.ms;
  }
  state.by_due.emplace(due.ms, item->first);
}

void Disruption::Started(std::string_view key, double lateness_minutes) { state_->Settle(key, lateness_minutes); }
void Disruption::Cancelled(std::string_view key) { state_->Settle(key, state_->options.cap); }

std::optional<DisruptionReading> Disruption::Hour(EventTime end) {
  auto& state = *state_;
  const auto& options = state.options;
  if (state.last != kNever && end.ms <= state.last) return std::nullopt;
  if (state.first == kNever) state.first = end.ms;
  state.last = end.ms;
  state.Forget(end.ms - State::Ms(options.window));
  while (!state.past.empty() && state.past.front().end < end.ms - State::Ms(options.reference)) state.past.pop_front();

  DisruptionReading reading{.hour = end, .date_of = end - options.window / 2};
  double sum = 0;
  for (auto due = state.by_due.begin(); due != state.by_due.end() && due->first <= end.ms; ++due, ++reading.due) {
    const auto known = state.items.find(due->second)->second.lateness;
    sum += std::isnan(known) ? std::min(static_cast<double>(end.ms - due->first) / kMinute, options.cap) : known;
  }
  if (reading.due == 0) return std::nullopt;
  reading.x = sum / reading.due;
  state.Compare(end.ms, reading);
  reading.mad = std::max(reading.mad, options.mad_floor);
  reading.z = (reading.x - reading.median) / reading.mad;
  reading.alarm = reading.z >= options.alarm && reading.due >= options.least_due && end.ms - state.first >= State::Ms(options.warmup);
  state.past.push_back({end.ms, reading.x});
  return reading;
}

std::string Disruption::Save() const {
  ByteWriter out;
  out.Text(kMagic);
  out.Number(state_->first);
  out.Number(state_->last);
  out.Number(static_cast<std::uint64_t>(state_->items.size()));
  for (const auto& [key, item] : state_->items) {
    out.Text(key);
    out.Number(item.due);
    out.Number(item.lateness);
  }
  out.Number(static_cast<std::uint64_t>(state_->past.size()));
  for (const auto& hour : state_->past) {
    out.Number(hour.end);
    out.Number(hour.x);
  }
  return out.Take();
}

Result<Disruption> Disruption::Load(std::string_view bytes, const DisruptionOptions& options, const TimeZone& zone) {
  ByteReader in(bytes);
  EDGEWISE_TRY(detail::CheckMagic(in.Text(), kMagic, "disruption"));
  Disruption loaded(options, zone);
  auto& state = *loaded.state_;
  state.first = in.Number<std::int64_t>();
  state.last = in.Number<std::int64_t>();
  for (auto left = in.Number<std::uint64_t>(); left > 0 && in.ok(); --left) {
    const std::string key(in.Text());
    const auto due = in.Number<std::int64_t>();
    const auto lateness = in.Number<double>();
    state.items[key] = {due, lateness};
    state.by_due.emplace(due, key);
  }
  for (auto left = in.Number<std::uint64_t>(); left > 0 && in.ok(); --left) {
    const auto end = in.Number<std::int64_t>();
    state.past.push_back({end, in.Number<double>()});
  }
  if (!in.done()) return detail::Damaged("disruption");
  return loaded;
}

}  // namespace edgewise::detect
