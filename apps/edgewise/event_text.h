#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace edgewise {

/// One event of the hub (docs/formats/hub_api.md) for people: when, where, what was found; lines of at most 80 columns. Of a drift report
/// the five features that moved most. A key that is missing or of another type reads as nothing; an unknown type shows its name alone.
std::string EventText(const nlohmann::json& event);

/// One audit line (docs/formats/batch.md) for people: the event, whether it left, the rule, and the fields that did not leave as they were.
/// "" for a line that decides about no event: a batch's cut, or the end of a line that is just being written.
std::string AuditText(const std::string& line);

}  // namespace edgewise
