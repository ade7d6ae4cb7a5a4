#include "address.h"

#include <string_view>

namespace edgewise {

std::string PlainAddress(std::string text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("unix:")) return text;
  if (text.starts_with(kScheme)) text.erase(0, kScheme.size());
  while (text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace edgewise
