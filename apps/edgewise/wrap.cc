#include "wrap.h"

namespace edgewise {

std::string Wrap(std::string_view text, std::size_t first, std::size_t rest) {
  constexpr std::size_t kColumns = 80;
  std::string out;
  auto indent = first;
  while (true) {
    const auto room = kColumns - indent;
    auto end = text.size();
    if (end > room) {
      end = text.rfind(' ', room);
      // Spaces that only align columns are no place to break.
      if (end == std::string_view::npos || text.find_first_not_of(' ') >= end) end = text.find(' ', room);
      if (end == std::string_view::npos) end = text.size();
    }
    out.append(indent, ' ').append(text.substr(0, text.find_last_not_of(' ', end == 0 ? 0 : end - 1) + 1)) += '\n';
    const auto next = text.find_first_not_of(' ', end);
    if (next == std::string_view::npos) return out;
    text.remove_prefix(next);
    indent = rest;
  }
}

}  // namespace edgewise
