#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"
#include "relay/policy.h"

// Names of batches in the store: docs/formats/batch.md.
namespace edgewise::relay::detail {

inline constexpr std::string_view kManifestEnding = ".manifest.json";

/// "sites/EWR/sample/"
std::string LanePrefix(std::string_view site, event::Lane lane);

/// What the names of all batches begin with that begin with the same event: less than each of them.
std::string NameFrom(const BatchHead& head);

struct BatchRange {
  std::uint64_t epoch = 0, first = 0, last = 0;
};
/// Of an object's or a manifest's name; nothing for other names.
std::optional<BatchRange> RangeOf(std::string_view name);

}  // namespace edgewise::relay::detail
