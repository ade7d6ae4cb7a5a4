#include "site/durability.h"

#include <fmt/format.h>

namespace edgewise::site {

Result<Durability> ParseDurability(std::string_view text) {
  if (text == "none") return Durability::kNone;
  if (text == "queued") return Durability::kQueued;
  if (text == "stored-locally") return Durability::kStoredLocally;
  return Fail(Code::kInvalidArgument, fmt::format("durability \"{}\" must be none, queued or stored-locally", text));
}

}  // namespace edgewise::site
