#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"

namespace edgewise::feature::detail {

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

/// One value per key, for at most `limit` keys: when one more comes, the half that was touched longest ago goes (O(1) amortised).
/// What goes follows from the order of touches alone, so a replay forgets the same keys.
template <class T>
class Keyed {
 public:
  explicit Keyed(std::size_t limit = 100'000) : limit_(limit) {}

  const T* Find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  T& Touch(std::string_view key) {
    auto found = entries_.find(key);
    if (found == entries_.end()) {
      if (entries_.size() >= limit_) DropOlderHalf();
      found = entries_.emplace(std::string(key), Entry{}).first;
    }
    found->second.touched = ++touches_;
    return found->second.value;
  }

  std::size_t size() const { return entries_.size(); }

  /// In the order of keys; `save(value)` writes one.
  template <class SaveOne>
  void Save(ByteWriter& out, SaveOne save) const {
    std::map<std::string_view, const Entry*> sorted;
    for (const auto& [key, entry] : entries_) sorted.emplace(key, &entry);
    out.Number(touches_);
    out.Number(static_cast<std::uint64_t>(sorted.size()));
    for (const auto& [key, entry] : sorted) {
      out.Text(key);
      out.Number(entry->touched);
      save(entry->value);
    }
  }

  template <class LoadOne>
  void Load(ByteReader& in, LoadOne load) {
    touches_ = in.Number<std::uint64_t>();
    const auto count = in.Number<std::uint64_t>();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      std::string key(in.Text());
      Entry& entry = entries_[std::move(key)];
      entry.touched = in.Number<std::uint64_t>();
      load(entry.value);
    }
  }

 private:
  struct Entry {
    T value{};
    std::uint64_t touched = 0;
  };

  void DropOlderHalf() {
    std::vector<std::uint64_t> touched;
    touched.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) touched.push_back(entry.touched);
    const auto middle = touched.begin() + static_cast<std::ptrdiff_t>(touched.size() / 2);
    std::nth_element(touched.begin(), middle, touched.end());
    std::erase_if(entries_, [limit = *middle](const auto& item) { return item.second.touched <= limit; });
  }

  std::size_t limit_;
  std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>> entries_;
  std::uint64_t touches_ = 0;
};

}  // namespace edgewise::feature::detail
