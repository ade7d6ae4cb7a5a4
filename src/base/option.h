#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace edgewise {

/// One key of a configuration file, declared beside the code that reads it. Readers refuse what is not declared; `edgewise options` and
/// docs/options.md are printed from the same tables.
struct Option {
  std::string_view section;  ///< "" = top of the file, "hub" = [hub], "improve.extra" = [[improve.extra]], "tables.NAME" = any name.
  std::string_view key;
  std::string_view type;      ///< text, texts, path, paths, address, date, number, flag
  std::string_view unit;      ///< "" = none
  std::string_view standard;  ///< What holds when it is left out; "" = it must be given.
  std::string_view range;     ///< "" = any
  std::string_view about;     ///< One sentence.
};

/// The keys that may stand in a section: its own, and the names of the sections inside it.
inline std::vector<std::string_view> KeysOf(std::span<const Option> options, std::string_view section) {
  std::vector<std::string_view> keys;
  for (const auto& option : options) {
    auto key = option.key;
    if (option.section != section) {
      auto below = option.section;
      if (!section.empty() && !(below.starts_with(section) && below.substr(section.size()).starts_with('.'))) continue;
      if (!section.empty()) below.remove_prefix(section.size() + 1);
      key = below.substr(0, below.find('.'));
    }
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

}  // namespace edgewise
