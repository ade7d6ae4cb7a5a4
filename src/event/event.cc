#include "event/event.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace edgewise::event {
namespace {

constexpr std::array<std::string_view, 3> kLaneNames = {"anomaly", "insight", "sample"};
constexpr std::string_view kPrefix = "io.edgewise.";

/// "io.edgewise.sample.v1" in its parts.
struct TypeParts {
  std::string_view name;
  std::uint64_t version = 0;
};

std::optional<std::uint64_t> ReadNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<TypeParts> Split(std::string_view type) {
  if (!type.starts_with(kPrefix)) return std::nullopt;
  type.remove_prefix(kPrefix.size());
  const auto dot = type.rfind(".v");
  if (dot == std::string_view::npos) return std::nullopt;
  const auto version = ReadNumber(type.substr(dot + 2));
  if (!version) return std::nullopt;
  return TypeParts{type.substr(0, dot), *version};
}

/// What this build knows: a name, the version it writes, and the lane.
struct KnownType {
  std::string_view name;
  std::uint64_t version;
  Lane lane;
};
constexpr std::array<KnownType, 5> kKnown = {{{"insight", 1, Lane::kInsight},
                                              {"sample", 1, Lane::kSample},
                                              {"disruption", 1, Lane::kAnomaly},
                                              {"reading", 1, Lane::kAnomaly},
                                              {"drift", 1, Lane::kInsight}}};

const KnownType* FindKnown(std::string_view type) {
  const auto parts = Split(type);
  if (!parts) return nullptr;
  for (const auto& known : kKnown) {
    if (known.name == parts->name && (parts->version == known.version || parts->version + 1 == known.version)) return &known;
  }
  return nullptr;
}

}  // namespace

std::string_view LaneName(Lane lane) { return kLaneNames[static_cast<std::size_t>(lane)]; }

Result<Lane> ParseLane(std::string_view name) {
  for (const auto lane : kLanes) {
    if (LaneName(lane) == name) return lane;
  }
  return Fail(Code::kInvalidArgument, fmt::format("lane \"{}\" is none of anomaly, insight, sample", name));
}

std::string EventId::ToString() const { return fmt::format("{}/{}/{}/{}", site, epoch, LaneName(lane), sequence); }

Result<EventId> EventId::Parse(std::string_view text) {
  const auto bad = [&] {
    return Fail(Code::kInvalidArgument, fmt::format("event id \"{}\" is not <site>/<epoch>/<lane>/<sequence>", text));
  };
  std::array<std::string_view, 4> parts;
  auto rest = text;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return bad();
    parts[i] = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
  }
  parts[3] = rest;
  const auto epoch = ReadNumber(parts[1]);
  const auto lane = ParseLane(parts[2]);
  const auto sequence = ReadNumber(parts[3]);
  if (parts[0].empty() || !epoch || !lane || !sequence) return bad();
  return EventId{std::string(parts[0]), *epoch, *lane, *sequence};
}

Result<Lane> LaneOf(const Event& event) {
  const auto* known = FindKnown(event.type);
  if (known == nullptr) {
    return Fail(Code::kInvalidArgument,
                fmt::format("event type \"{}\" is not known to this version; upgrade, or check the type", event.type));
  }
  if (event.type == kDriftV1 && event.subject == "alarm") return Lane::kAnomaly;
  return known->lane;
}

bool Understands(std::string_view type) { return FindKnown(type) != nullptr; }

}  // namespace edgewise::event
