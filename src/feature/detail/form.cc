#include "feature/detail/form.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace edgewise::feature::detail {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kLongest = 400 * kDayMs;

std::optional<std::int64_t> ReadDuration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end + 1 != text.data() + text.size() || count < 0 || count > kLongest) return {};
  switch (*end) {
    case 's':
      return count * 1000;
    case 'm':
      return count * 60'000;
    case 'h':
      return count * 3'600'000;
    case 'd':
      return count * kDayMs;
  }
  return {};
}

}  // namespace

Form::Form(const Json& node, std::vector<std::string> path, std::optional<Problem>& problem)
    : node_(node), path_(std::move(path)), problem_(problem) {
  if (!node_.is_object()) Wrong("", "must be a table");
}

std::vector<std::string> Form::Path(std::string_view key) const {
  auto path = path_;
  if (!key.empty()) path.emplace_back(key);
  return path;
}

void Form::Wrong(std::string_view key, std::string message) {
  if (problem_) return;
  problem_ = Problem{Path(key), key.empty() ? std::move(message) : fmt::format("key \"{}\" {}", key, message)};
}

bool Form::Has(std::string_view key) const { return node_.is_object() && node_.contains(key); }

// A missing key is most often a mistyped one: point at that instead.
void Form::WrongMissing(std::string_view key) {
  if (problem_ || !node_.is_object()) return;
  for (const auto& [other, value] : node_.items())
    if (!asked_.contains(other) && !Nearest(other, std::array{key}).empty()) {
      problem_ = Problem{Path(other), fmt::format("unknown key \"{}\"; did you mean \"{}\"?", other, key)};
      return;
    }
  Wrong("", fmt::format("key \"{}\" is missing", key));
}

const Json* Form::Find(std::string_view key, bool required) {
  asked_.emplace(key);
  if (Has(key)) return &*node_.find(key);
  if (required) WrongMissing(key);
  return nullptr;
}

std::string Form::Text(std::string_view key, std::optional<std::string> fallback) {
  const Json* value = Find(key, !fallback);
  if (value == nullptr) return fallback.value_or("");
  if (value->is_string()) return value->get<std::string>();
  Wrong(key, "must be text");
  return {};
}

double Form::Number(std::string_view key, std::optional<double> fallback) {
  const Json* value = Find(key, !fallback);
  if (value == nullptr) return fallback.value_or(0);
  if (value->is_number() && !std::isnan(value->get<double>())) return value->get<double>();
  Wrong(key, "must be a number");
  return 0;
}

bool Form::Flag(std::string_view key, bool fallback) {
  const Json* value = Find(key, false);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  Wrong(key, "must be true or false");
  return fallback;
}

std::vector<std::string> Form::Texts(std::string_view key, bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return {};
  std::vector<std::string> texts;
  const bool fits = value->is_array() && std::ranges::all_of(*value, [](const Json& item) { return item.is_string(); });
  if (!fits) {
    Wrong(key, "must be a list of texts");
    return {};
  }
  for (const Json& item : *value) texts.push_back(item.get<std::string>());
  return texts;
}

std::int64_t Form::Duration(std::string_view key, std::optional<std::int64_t> fallback) {
  const Json* value = Find(key, !fallback);
  if (value == nullptr) return fallback.value_or(0);
  std::optional<std::int64_t> ms;
  if (value->is_number_unsigned() || value->is_number_integer()) ms = value->get<std::int64_t>();
  if (value->is_string()) ms = ReadDuration(value->get_ref<const std::string&>());
  if (ms && *ms >= 0 && *ms <= kLongest) return *ms;
  Wrong(key, "must be a duration of at most 400 days, like \"90s\", \"60m\", \"3h\" or \"2d\"");
  return 0;
}

std::size_t Form::Choice(std::string_view key, std::span<const std::string_view> names, std::optional<std::size_t> fallback) {
  if (fallback && !Has(key)) {
    asked_.emplace(key);
    return *fallback;
  }
  const auto word = Text(key);
  const auto found = std::ranges::find(names, word);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (ok()) Wrong(key, "cannot be " + Suggest(word, names));
  return 0;
}

const Json& Form::Part(std::string_view key, Json::value_t type, bool required) {
  static const Json kNothing = Json::object(), kNothings = Json::array();
  const Json& nothing = type == Json::value_t::array ? kNothings : kNothing;
  const Json* value = Find(key, required);
  if (value == nullptr) return nothing;
  if (value->type() == type) return *value;
  Wrong(key, type == Json::value_t::array ? "must be a list" : "must be a table");
  return nothing;
}

void Form::Finish() {
  if (problem_ || !node_.is_object()) return;
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : node_.items())
    if (!asked_.contains(key)) {
      problem_ = Problem{Path(key), "unknown key " + Suggest(key, known)};
      return;
    }
}

}  // namespace edgewise::feature::detail
