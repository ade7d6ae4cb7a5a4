#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "queue/queue.h"
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

/// What a cut says about its batch, without looking at its seal. Errors: kDataLoss.
Result<BatchHead> HeadOfCut(std::string_view cut);
/// Whether a queue knows of a batch of this epoch. Errors: kDataLoss (it does not: what to do).
Result<void> CheckQueueHolds(const BatchHead& head, const std::vector<queue::LaneDepth>& depths, std::uint64_t epoch);

}  // namespace edgewise::relay::detail
