#pragma once

#include "configuration.h"
#include "schedule.h"

namespace edgewise {

/// Runs a challenge as `edgewise improve challenge`, a child of its own: its memory goes with it. Killed when stopped.
std::function<Result<void>(const ChallengePlan&, const std::stop_token&)> ChallengeInChild(const Configuration& configuration);

/// Packs the model in a folder and pushes it to a registry under its version.
std::function<Result<Digest>(const std::filesystem::path&, const std::string&)> PublishTo(const std::string& registry,
                                                                                          const std::string& model);

}  // namespace edgewise
