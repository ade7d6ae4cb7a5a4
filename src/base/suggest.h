#pragma once

#include <span>
#include <string>
#include <string_view>

namespace edgewise {

/// The candidate that a person who wrote `word` most likely meant, by the least number of changed letters; "" if none is near.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

/// For messages: `"featres"; did you mean "features"?`, or all candidates if none is near.
std::string Suggest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace edgewise
