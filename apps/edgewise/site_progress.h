#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace edgewise {

/// How far one site is with a desired state, by what it said last (docs/formats/hub_api.md).
struct SiteProgress {
  std::string site;
  bool live = false;          ///< It runs that number, or a newer one.
  bool given_up = false;      ///< It took that number and will not try again: waiting longer does not help.
  std::uint64_t applied = 0;  ///< The number that it runs; 0: none yet.
  std::string text;           ///< Why it is not live, and what serves meanwhile.
};

/// Of a site as the hub shows it. A key that is missing or of another type reads as nothing.
SiteProgress ProgressOf(const nlohmann::json& site, std::uint64_t number);

/// What to tell who waited for `number` in vain: which sites are not live and why, what still serves, and how to undo it.
std::string WaitedInVain(std::uint64_t number, const std::vector<SiteProgress>& sites);

}  // namespace edgewise
