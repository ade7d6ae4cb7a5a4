#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/lineage_id.h"
#include "base/result.h"
#include "demo/leak_search.h"
#include "event/event.h"

namespace edgewise::demo {

/// What lies in the store, read back object by object.
struct StoredYear {
  std::uint64_t objects = 0;
  std::uint64_t events = 0;
  std::uint64_t doubled = 0;  ///< Events whose (site, lane, sequence) was there before.
  std::uint64_t denied = 0;   ///< Kept back by the policy, as the manifests say.
  std::uint64_t lost = 0;     ///< Sequences below the last one that are neither stored nor denied.
  int leak_bits_max = 0;
  std::uint64_t quarantined = 0;                            ///< Readings out of range.
  std::set<std::pair<std::string, std::string>> disrupted;  ///< Site and local date of each alarm.
  std::vector<LineageId> insights;                          ///< Of hours in which something was scored.
};

/// Reads every object that has its manifest, checks it against the digest, searches its text for leaks, and shows each event once.
/// Errors: as Store; kDataLoss (names the object).
Result<StoredYear> ReadStore(const std::filesystem::path& folder, LeakSearch& leaks,
                             const std::function<void(const event::Event&)>& visit = nullptr);

/// Searches files below a folder, as they are (logs, databases) and unpacked (image layers). A file that cannot be read is an error: not
/// looked at is not clean.
Result<void> SearchFiles(const std::filesystem::path& folder, LeakSearch& leaks);

}  // namespace edgewise::demo
