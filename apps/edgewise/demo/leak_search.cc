#include "demo/leak_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace edgewise::demo {
namespace {

constexpr std::size_t kFilterBits = 24;

std::string Hex(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Little-endian; in big-endian bytes it is found one byte later, but for the last character's half.
std::string Utf16(std::string_view text) {
  std::string out;
  for (const char c : text) out.append({c, '\0'});
  out.pop_back();
  return out;
}

/// The alphabet for file names and addresses.
std::string ForUrls(std::string base64) {
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  return base64;
}

std::string Percent(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-._~", c) != nullptr) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The characters of base64 that `text` alone decides when it begins `shift` bytes after a multiple of three.
std::string Base64Inside(std::string_view text, std::size_t shift) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t begin = shift * 8, end = begin + (text.size() * 8);
  std::string out;
  for (std::size_t bit = (begin + 5) / 6 * 6; bit + 6 <= end; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const auto at = i - begin;
      value = (value << 1U) | ((static_cast<unsigned char>(text[at / 8]) >> (7 - (at % 8))) & 1U);
    }
    out += kLetters[value];
  }
  return out;
}

/// What comes after a field's name, from the value's first character on; "" if the name goes on. JSON that is kept as text inside JSON
/// has backslashes before its quotes, twice as many and one more at each level.
std::string_view AfterColon(std::string_view text) {
  const auto skip = [&text](std::string_view these) { text.remove_prefix(std::min(text.find_first_not_of(these), text.size())); };
  skip("\\");
  if (!text.starts_with('"')) return {};
  text.remove_prefix(1);
  skip(" \t\r\n");
  if (!text.starts_with(':')) return {};
  text.remove_prefix(1);
  skip(" \t\r\n\\\"");
  return text;
}

}  // namespace

LeakSearch::LeakSearch(const Forbidden& forbidden) : heads_(1U << kFilterBits, false) {
  for (const auto& tail : forbidden.tails) AddAll(tail);
  for (const auto& canary : forbidden.canaries) AddAll(canary);
  flights_.insert(forbidden.flight_numbers.begin(), forbidden.flight_numbers.end());
}

std::uint64_t LeakSearch::HeadOf(const char* bytes) {
  std::uint64_t head = 0;
  std::memcpy(&head, bytes, kHead);
  return (head * 0x9E3779B97F4A7C15ULL) >> (64 - kFilterBits);
}

void LeakSearch::Add(std::string pattern, std::string_view encoding) {
  if (pattern.size() < kHead) return;  // a few letters are found everywhere
  heads_[HeadOf(pattern.data())] = true;
  if (patterns_[{pattern.size(), std::string(encoding)}].insert(std::move(pattern)).second) ++count_;
}

void LeakSearch::AddAll(std::string_view text) {
  Add(std::string(text), "plain");
  Add(Hex(text), "hex");
  Add(Upper(Hex(text)), "hex");
  Add(Utf16(text), "utf-16");
  for (std::size_t shift = 0; shift < 3; ++shift) {
    Add(Base64Inside(text, shift), "base64");
    Add(ForUrls(Base64Inside(text, shift)), "base64");
  }
  if (Lower(text) != text) Add(Lower(text), "lower case");
  if (Percent(text) != text) Add(Percent(text), "percent");
}

void LeakSearch::Found(std::string_view where, std::string_view encoding) {
  const auto same = [&](const Leak& leak) { return leak.where == where && leak.encoding == encoding; };
  if (std::ranges::none_of(leaks_, same)) leaks_.push_back({std::string(where), std::string(encoding)});
}

void LeakSearch::Search(std::string_view where, std::string_view bytes) {
  searched_ += bytes.size();
  for (std::size_t at = 0; at + kHead <= bytes.size(); ++at) {
    if (!heads_[HeadOf(bytes.data() + at)]) continue;
    for (const auto& [kind, patterns] : patterns_) {
      if (at + kind.first <= bytes.size() && patterns.contains(bytes.substr(at, kind.first))) Found(where, kind.second);
    }
  }
  SearchFlights(where, bytes);
}

void LeakSearch::SearchFlights(std::string_view where, std::string_view bytes) {
  static constexpr std::string_view kField = "\"flight";
  for (auto at = bytes.find(kField); at != std::string_view::npos; at = bytes.find(kField, at + 1)) {
    const auto value = AfterColon(bytes.substr(at + kField.size(), 64));
    const auto digits = std::min(value.find_first_not_of("0123456789"), value.size());
    const bool ended = digits < value.size() && std::strchr("\\\",}] \t\r\n", value[digits]) != nullptr;
    if (ended && flights_.contains(value.substr(0, digits))) Found(where, "field");
  }
}

}  // namespace edgewise::demo
