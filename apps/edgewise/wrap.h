#pragma once

#include <string>
#include <string_view>

namespace edgewise {

/// Breaks a text at spaces into lines of at most 80 columns, for people at a terminal; each ends with a newline. A word that is longer
/// stands alone. `first`: spaces before the first line; `rest`: before the others.
std::string Wrap(std::string_view text, std::size_t first, std::size_t rest);

}  // namespace edgewise
