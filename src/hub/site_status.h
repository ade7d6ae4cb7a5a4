#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace edgewise::hub {

/// What a site says of itself (docs/formats/hub_api.md), checked: anybody who reaches the hub can post one.
struct SiteStatus {
  std::optional<EventTime> clock;      ///< The site's event time.
  std::optional<EventTime> drained;    ///< All before it has come back to the hub.
  std::uint64_t applied = 0;           ///< Number of the desired state that it runs.
  std::optional<std::string> trouble;  ///< The first thing it complains about, for people.
  std::string json;                    ///< The keys that we know, each of its type; others are not kept.
  std::string gist;                    ///< `json` without counts and clocks, which change with every status: what is worth a write.
};

/// Reads a status posted to `site`. A key may be missing; one of another type than it should have is refused.
/// Errors: kInvalidArgument (names the key).
Result<SiteStatus> ReadSiteStatus(std::string_view site, std::string_view json);

}  // namespace edgewise::hub
