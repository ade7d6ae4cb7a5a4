#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "site/api.h"

namespace edgewise::site {

/// A request for a score, by HTTP or from an input. What it borrows lives as long as the call.
struct ScoreRequest {
  const std::string& model;
  std::string_view body;
  std::string_view content_type;            ///< "" is JSON.
  const std::optional<LineageId>& lineage;  ///< As in Question: it names one row, so several are refused.
  Durability durability = Durability::kStoredLocally;
};

/// POST /score/{model}: features, score, journal, answer (docs/formats/site.md). On the HTTP thread. Errors: kNotFound (not deployed here),
/// kUnavailable (being started), kInvalidArgument (the request), as MayTake() and the engine.
Result<void> TakeScore(SiteDoor& door, const ScoreRequest& request, const net::Responder& respond);

}  // namespace edgewise::site
