#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"

namespace edgewise::event {

/// Priority class of an event; each lane has an order of its own. Shed first: samples, last: anomalies.
enum class Lane : std::uint8_t { kAnomaly = 0, kInsight = 1, kSample = 2 };
inline constexpr std::array<Lane, 3> kLanes = {Lane::kAnomaly, Lane::kInsight, Lane::kSample};
std::string_view LaneName(Lane lane);  ///< "anomaly", "insight", "sample"
Result<Lane> ParseLane(std::string_view name);

/// An event's own name: which site, which life of its disk, which lane, and a number without gaps inside (site, lane), from 1, across
/// epochs. Written "EWR/1/sample/42". A different thing from the lineage id.
struct EventId {
  std::string site;
  std::uint64_t epoch = 0;
  Lane lane = Lane::kInsight;
  std::uint64_t sequence = 0;
  bool operator==(const EventId&) const = default;
  std::string ToString() const;
  static Result<EventId> Parse(std::string_view text);
};

/// What flows through the house: a CloudEvent 1.0. `data` is a JSON object as text.
struct Event {
  EventId id;           ///< Given by the queue when the event is appended; empty before.
  std::string type;     ///< "io.edgewise.<name>.v<N>"
  std::string subject;  ///< What the event is about, free of site data: a feature, a model, a rule.
  EventTime time;       ///< When it happened in the world.
  LineageId lineage;    ///< Of the scored row (sample) or the insight itself; zero if it has none.
  std::string data = "{}";
};

/// The lane of a type; samples, insights (and drift that does not alarm), anomalies.
Result<Lane> LaneOf(const Event& event);

/// Type names, one constant each, so that nobody spells them twice. docs/formats/events.md has the fields.
inline constexpr std::string_view kInsightV1 = "io.edgewise.insight.v1";        ///< hourly: counts, mean score, worst flight
inline constexpr std::string_view kSampleV1 = "io.edgewise.sample.v1";          ///< labelled feature row
inline constexpr std::string_view kDisruptionV1 = "io.edgewise.disruption.v1";  ///< robust z alarm
inline constexpr std::string_view kReadingV1 = "io.edgewise.reading.v1";        ///< out-of-range value quarantined
inline constexpr std::string_view kDriftV1 = "io.edgewise.drift.v1";            ///< PSI per feature

/// Whether a reader of this build understands `type`: known name and version N or N-1. Others are set aside, not guessed at.
bool Understands(std::string_view type);

/// CloudEvents JSON (specversion 1.0; source "/sites/<site>"; extension "lineageid"). One line, keys in fixed order: same event, same
/// bytes.
std::string ToJson(const Event& event);
/// Errors: kInvalidArgument (names the field). Unknown attributes are ignored. `data` must be an object; it is kept as text, compact.
Result<Event> FromJson(std::string_view json);

}  // namespace edgewise::event
