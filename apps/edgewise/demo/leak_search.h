#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "demo/traffic.h"

namespace edgewise::demo {

struct Leak {
  std::string where;     ///< What was searched: an object, a log, an answer.
  std::string encoding;  ///< "plain", "hex", "base64", "utf-16", "percent", or "field" for a flight number in the clear.
};

/// Looks for texts that may not have left a site. Tails and planted personal data are sought as bytes: as they are, in lower case, in hex,
/// in base64 (both alphabets) at each of its three alignments, in UTF-16 and percent-encoded. Flight numbers are short and occur by chance:
/// a JSON field named "flight" whose value is no pseudonym counts, also in JSON that is kept as text inside JSON.
class LeakSearch {
 public:
  explicit LeakSearch(const Forbidden& forbidden);
  void Search(std::string_view where, std::string_view bytes);
  const std::vector<Leak>& leaks() const { return leaks_; }  ///< The first of each place and encoding.
  std::uint64_t searched_bytes() const { return searched_; }
  std::size_t patterns() const { return count_; }

 private:
  static constexpr std::size_t kHead = 5;  // bytes that decide whether it is worth looking closer
  void Add(std::string pattern, std::string_view encoding);
  void AddAll(std::string_view text);
  void Found(std::string_view where, std::string_view encoding);
  void SearchFlights(std::string_view where, std::string_view bytes);
  static std::uint64_t HeadOf(const char* bytes);

  struct ViewHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Patterns = std::unordered_set<std::string, ViewHash, std::equal_to<>>;
  std::map<std::pair<std::size_t, std::string>, Patterns> patterns_;  // by length and encoding
  std::vector<bool> heads_;
  std::unordered_set<std::string, ViewHash, std::equal_to<>> flights_;
  std::vector<Leak> leaks_;
  std::uint64_t searched_ = 0;
  std::size_t count_ = 0;
};

}  // namespace edgewise::demo
