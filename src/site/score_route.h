#pragma once

#include <string>

#include "site/api.h"

namespace edgewise::site {

/// POST /score/{model}: features, score, journal, answer (docs/formats/site.md). On the HTTP thread. Errors: kNotFound (not deployed here),
/// kUnavailable (being started), kInvalidArgument (the request), as MayTake() and the engine.
Result<void> PostScore(SiteDoor& door, const net::HttpRequest& request, const std::string& model, const net::Responder& respond);

}  // namespace edgewise::site
