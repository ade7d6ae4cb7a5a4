#pragma once

#include <cstdint>
#include <string>

#include "history.h"

namespace edgewise::simulation {

/// What came of one site's simulated life.
struct Outcome {
  Findings found;
  std::string broken;         ///< A promise that was broken on the way, "" if none was.
  std::uint64_t trace = 0;    ///< Hash of everything that was done and answered: equal for equal seeds.
  std::uint64_t actions = 0;  ///< Also the states of the disk that were looked at again: kills, cuts.
  std::uint64_t ends = 0;     ///< Kills, power cuts, disks set back.
  bool Sound() const { return broken.empty() && found.Sound(); }
};

/// A queue, a relay and a store in one thread, on a disk, a line and clocks that fail as `seed` says; in the end everything is mended, and
/// what arrived is compared with what was acknowledged. With the defect that is planted (mutants.h).
Outcome Live(std::uint64_t seed);

/// A relay that carries events until so many replies of the store were lost after it had done what it was asked.
Findings CarryOverLostReplies(std::uint64_t replies);

}  // namespace edgewise::simulation
