#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "configuration.h"

namespace edgewise {

struct Finding {
  std::string what;
  bool good = false;
  std::string found;
  std::string fix;  ///< What to do about it; "" if it is good.
};
Finding Check(std::string what, const Result<void>& result, std::string good, std::string fix);

/// The folder itself, or the one in which it will be made. Errors: kFailedPrecondition (no folder, may not be written).
Result<void> Writable(const std::filesystem::path& folder);

/// The state folder, the disk, the addresses; `edgewise up` may be running on them.
std::vector<Finding> ExamineMachine(const Configuration& configuration);
/// This machine's clock, and the store: whether it answers, its certificate, its signature; within some 10 s.
std::vector<Finding> ExamineOutside(const Configuration& configuration);

/// Whether an `edgewise up` of this configuration runs: its state folder is held, and one of its sites answers.
bool Runs(const Configuration& configuration);

/// What `edgewise doctor -c FILE --json` prints: [{what, good, found, fix}].
nlohmann::ordered_json FindingsOf(const std::string& configuration_file);

}  // namespace edgewise
