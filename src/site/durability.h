#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::site {

/// What the answer to a score waits for, and what becomes of the row that the site keeps of it.
enum class Durability : std::uint8_t {
  kNone,    ///< For nothing. When the disk does not keep up, or has failed, the row is shed and counted; the answer comes all the same.
  kQueued,  ///< For a place in the line to the disk; without one the request is refused. A crash may lose the row.
  kStoredLocally,  ///< For the disk: the row survives a power cut.
};

/// "none", "queued", "stored-locally". Errors: kInvalidArgument.
Result<Durability> ParseDurability(std::string_view text);

/// By model; "" is for all that are not named.
using DurabilityByModel = std::map<std::string, Durability, std::less<>>;

inline Durability DurabilityOf(const DurabilityByModel& by_model, std::string_view model) {
  auto found = by_model.find(model);
  if (found == by_model.end()) found = by_model.find(std::string_view());
  return found == by_model.end() ? Durability::kStoredLocally : found->second;
}

}  // namespace edgewise::site
