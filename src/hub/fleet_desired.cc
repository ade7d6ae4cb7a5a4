#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "deploy/desired_state.h"
#include "hub/fleet.h"

// What sites shall run, and what they were to run before.
namespace edgewise::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLongestStep = 1'000'000;       // a number near the last one there is would be the last that the site ever takes
constexpr std::string_view kBefore = "desired_before";  // the kind of documents that were desired once

Result<std::uint64_t> NumberOf(std::string_view text) {
  EDGEWISE_ASSIGN(const auto desired, deploy::DesiredFromJson(text));
  return desired.number;
}

}  // namespace

Result<void> Fleet::LoadDesired() {
  EDGEWISE_ASSIGN(const auto desired, index_.Documents("desired"));
  for (const auto& [site, text] : desired) {
    const auto entry = sites_.find(site);
    if (entry == sites_.end()) continue;  // not configured any more
    EDGEWISE_ASSIGN(entry->second.desired_number, NumberOf(text));
    entry->second.desired = text;
  }
  EDGEWISE_ASSIGN(const auto before, index_.Documents(kBefore));
  for (const auto& [key, text] : before) {
    const auto entry = sites_.find(key.substr(0, key.rfind('/')));
    if (entry == sites_.end()) continue;
    EDGEWISE_ASSIGN(const auto number, NumberOf(text));
    entry->second.before[number % kHistory] = text;
  }
  return {};
}

Result<void> Fleet::SetDesired(const std::string& site, std::string_view document) {
  if (!ParseJson<Json>(document).is_object()) {  // deeper than may be, too
    return Fail(Code::kInvalidArgument, fmt::format("desired state: not a JSON object of {} levels at most", kDeepestJson));
  }
  EDGEWISE_ASSIGN(auto* entry, Known(site));
  EDGEWISE_ASSIGN(const auto number, NumberOf(document));
  const std::scoped_lock lock(mutex_);
  const auto present = entry->desired_number;
  if (entry->desired == document) return {};  // a retry
  if (number <= present) {
    return Fail(Code::kAborted,
                fmt::format("desired state: number {} is not above {}'s present {}; read it and count on", number, site, present));
  }
  if (number > present + kLongestStep) {
    return Fail(Code::kInvalidArgument,
                fmt::format("desired state: number {} is too far above {}'s present {}; count on from there", number, site, present));
  }
  if (present > 0) {  // first: a stop in between then keeps the present state twice, and loses none
    EDGEWISE_TRY(index_.PutDocument(kBefore, fmt::format("{}/{:02}", site, present % kHistory), entry->desired));
    entry->before[present % kHistory] = entry->desired;
  }
  EDGEWISE_TRY(index_.PutDocument("desired", site, document));
  entry->desired = document;
  entry->desired_number = number;
  return {};
}

Result<std::string> Fleet::Desired(const std::string& site) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sites_.find(site);
  if (found == sites_.end() || found->second.desired_number == 0) {
    return Fail(Code::kNotFound, fmt::format("site \"{}\" has no desired state yet; put one", site));
  }
  return found->second.desired;
}

Result<std::vector<std::string>> Fleet::DesiredHistory(const std::string& site) const {
  EDGEWISE_ASSIGN(auto present, Desired(site));
  const std::scoped_lock lock(mutex_);
  const auto& entry = sites_.at(site);
  std::map<std::uint64_t, std::string, std::greater<>> newest_first;
  for (const auto& [place, text] : entry.before) {
    if (const auto number = NumberOf(text); number && *number < entry.desired_number) newest_first.emplace(*number, text);
  }
  std::vector<std::string> states = {std::move(present)};
  for (auto& [number, text] : newest_first) states.push_back(std::move(text));
  return states;
}

}  // namespace edgewise::hub
