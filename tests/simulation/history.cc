#include "history.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace edgewise::simulation {
namespace {

constexpr std::uint64_t kEventsOfAnEntry = 3;
const Deadline kNever = Deadline::After(std::chrono::hours(24));

std::string_view TypeOf(std::uint64_t number) {
  constexpr std::array kTypes = {event::kSampleV1, event::kInsightV1, event::kDisruptionV1, event::kSampleV1, event::kSampleV1};
  return kTypes[number % kTypes.size()];
}

std::string Unpack(std::string_view packed) {
  std::string text(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  return text;
}

/// 0: it is not one of ours.
std::uint64_t NumberOf(const event::Event& event) {
  const auto data = nlohmann::json::parse(event.data, nullptr, false);
  return data.contains("number") && data["number"].is_number_unsigned() ? data["number"].get<std::uint64_t>() : 0;
}

struct Arrived {
  event::Lane lane = event::Lane::kSample;
  std::uint64_t number = 0;
};

std::vector<Arrived> EventsIn(std::string_view object) {
  std::vector<Arrived> events;
  std::istringstream lines(Unpack(object));
  for (std::string line; std::getline(lines, line);) {
    const auto event = event::FromJson(line);
    events.push_back(event ? Arrived{event->id.lane, NumberOf(*event)} : Arrived{});
  }
  return events;
}

/// In the order in which a reader of the store meets them: by lane, epoch and sequence.
std::vector<Arrived> ReadSink(store::Store& sink) {
  std::vector<Arrived> arrived;
  const auto names = sink.List("", "", SIZE_MAX, kNever).value();
  for (const auto& name : names) {
    if (!name.ends_with(".jsonl.zst")) continue;
    const auto manifest = name.substr(0, name.size() - std::string_view(".jsonl.zst").size()) + ".manifest.json";
    if (!sink.Get(manifest, kNever)) continue;  // not there yet, for every reader
    const auto object = sink.Get(name, kNever).value();
    std::ranges::copy(EventsIn(object), std::back_inserter(arrived));
  }
  return arrived;
}

}  // namespace

std::vector<event::Event> EventsOf(std::uint64_t entry) {
  std::vector<event::Event> events;
  for (auto number = (entry - 1) * kEventsOfAnEntry + 1; number <= entry * kEventsOfAnEntry; ++number) {
    event::Event event;
    event.type = TypeOf(number);
    event.time = {1'360'350'000'000};
    event.data = fmt::format(R"({{"number":{}}})", number);
    events.push_back(std::move(event));
  }
  return events;
}

bool HoldsMultipleOf(std::uint64_t divisor, std::string_view object) {
  return std::ranges::any_of(EventsIn(object), [divisor](const Arrived& event) { return event.number % divisor == 0; });
}

Admitted AdmittedBy(const std::vector<queue::LaneDepth>& depths) {
  Admitted admitted;
  for (const auto& depth : depths) admitted[depth.lane] = depth.dropped + depth.dead + depth.damaged + depth.missing;
  return admitted;
}

Findings CheckSink(store::Store& sink, const std::vector<std::uint64_t>& entries, std::uint64_t made, Admitted admitted) {
  Findings found;
  found.acknowledged = entries.size() * kEventsOfAnEntry;
  std::set<std::uint64_t> numbers;
  std::map<event::Lane, std::uint64_t> before;
  for (const auto& event : ReadSink(sink)) {
    if (event.number == 0 || event.number > made * kEventsOfAnEntry) {
      ++found.invented;
      continue;
    }
    found.doubled += numbers.insert(event.number).second ? 0 : 1;
    found.disordered += event.number < before[event.lane] ? 1 : 0;
    before[event.lane] = event.number;
  }
  for (const auto entry : entries) {
    for (const auto& event : EventsOf(entry)) {
      if (numbers.contains(NumberOf(event))) continue;
      auto& excused = admitted[event::LaneOf(event).value()];
      excused > 0 ? --excused : ++found.lost;
    }
  }
  return found;
}

}  // namespace edgewise::simulation
