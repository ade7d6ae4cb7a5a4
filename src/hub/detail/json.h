#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "hub/fleet.h"
#include "hub/index.h"

namespace edgewise::hub::detail {

using Json = nlohmann::ordered_json;

/// A document that we keep as text, inside an answer; null when it cannot be read.
Json Embed(std::string_view text);
/// A member that is a text; "" if it is missing or something else. For what others wrote.
std::string TextOf(const Json& object, const char* key);
Json Write(const FoundEvent& found);
Json Write(const FoundSample& found);
Json Write(const LaneTotals& lane);
/// {version, digest, decision, reason, trained_until, rows, objects: count}
Json WriteHead(const ModelEntry& model);
std::string Dump(const Json& json);

}  // namespace edgewise::hub::detail
