#pragma once

#include <string>
#include <string_view>

namespace edgewise::net::detail {

/// "%2f" becomes "/"; what is no such code stays as it is. `form`: "+" becomes a blank.
std::string PercentDecode(std::string_view text, bool form);
/// Value of a parameter in a target's query, percent-decoded; "" if missing.
std::string QueryValue(std::string_view target, std::string_view name);

}  // namespace edgewise::net::detail
