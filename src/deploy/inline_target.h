#pragma once

#include "deploy/target.h"

namespace edgewise::deploy {

/// `target = "inline"`: the engine inside the site's own process, for boxes too small for a scorer beside it. A crash of the engine is a
/// crash of the site.
class InlineTarget final : public Target {
 public:
  Result<std::unique_ptr<Running>> Start(const ModelOnDisk& model, Deadline deadline) override;
};

/// The last step of every Start(): a row of missing values gets a score by the deadline.
Result<void> ScoreOneRow(const score::Engine& engine, Deadline deadline);

}  // namespace edgewise::deploy
