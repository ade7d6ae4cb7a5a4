#include "event_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/json.h"
#include "event/event.h"
#include "wrap.h"

namespace edgewise {
namespace {

using nlohmann::json;

constexpr std::size_t kFeaturesShown = 5;

/// A member, or null: these documents come from other processes.
json Member(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? json() : *found;
}

std::string Text(const json& object, const char* key) {
  const auto member = Member(object, key);
  return member.is_string() ? member.get<std::string>() : "";
}

double Number(const json& object, const char* key) {
  const auto member = Member(object, key);
  return member.is_number() ? member.get<double>() : 0;
}

bool Flag(const json& object, const char* key) {
  const auto member = Member(object, key);
  return member.is_boolean() && member.get<bool>();
}

std::vector<std::string> Texts(const json& list) {
  std::vector<std::string> texts;
  for (const auto& each : list) {
    if (each.is_string()) texts.push_back(each.get<std::string>());
  }
  return texts;
}

std::string Disruption(const json& data) {
  return fmt::format("disruption: flights {:.1f} minutes late on average, usually {:.1f}; z {:.1f} over {:g} flights", Number(data, "x"),
                     Number(data, "median"), Number(data, "z"), Number(data, "flights"));
}

std::string OutOfRange(const json& data) {
  return fmt::format("reading: {} {} is {:g}, outside {:g} to {:g}", Text(data, "stream"), Text(data, "field"), Number(data, "value"),
                     Number(data, "min"), Number(data, "max"));
}

std::string Drift(const json& data) {
  const auto list = Member(data, "features");
  std::vector<json> features;
  if (list.is_array()) features.assign(list.begin(), list.end());
  std::ranges::sort(features, std::ranges::greater(), [](const json& feature) { return Number(feature, "psi"); });
  std::vector<std::string> most;
  for (const auto& feature : features) {
    if (most.size() == kFeaturesShown) break;
    most.push_back(fmt::format("{} {:.2f}{}{}", Text(feature, "name"), Number(feature, "psi"), Flag(feature, "alarm") ? " ALARM" : "",
                               Flag(feature, "seasonal") ? " (seasonal)" : ""));
  }
  return fmt::format("drift: {}; of {} features the most by PSI: {}", Flag(data, "alarm") ? "ALARM" : "no alarm", features.size(),
                     fmt::join(most, ", "));
}

std::string What(const std::string& type, const json& data) {
  if (type == event::kDisruptionV1) return Disruption(data);
  if (type == event::kReadingV1) return OutOfRange(data);
  return type == event::kDriftV1 ? Drift(data) : type;
}

}  // namespace

std::string EventText(const json& event) {
  const auto text =
      fmt::format("{:<21} {:<7} {}", Text(event, "time"), Text(event, "site"), What(Text(event, "type"), Member(event, "data")));
  return Wrap(text, 0, 30);
}

std::string AuditText(const std::string& line) {
  const auto decision = ParseJson<json>(line);
  if (Text(decision, "event").empty()) return "";
  auto text =
      fmt::format("{:<27} {:<7} {}", Text(decision, "event"), Flag(decision, "allowed") ? "left" : "stayed", Text(decision, "rule"));
  for (const auto* how : {"dropped", "pseudonymised"}) {
    const auto fields = Texts(Member(decision, how));
    if (!fields.empty()) text += fmt::format("; {} {}", how, fmt::join(fields, ", "));
  }
  return text + "\n";
}

}  // namespace edgewise
