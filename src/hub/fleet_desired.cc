#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "hub/fleet.h"

// What sites shall run, and what they were to run before.
namespace edgewise::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBefore = "desired_before";  // the kind of documents that were desired once

Result<Json> ParseObject(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return Fail(Code::kInvalidArgument, "desired state: not a JSON object");
}

}  // namespace

Result<void> Fleet::LoadDesired() {
  EDGEWISE_ASSIGN(const auto desired, index_.Documents("desired"));
  for (const auto& [site, text] : desired) {
    EDGEWISE_ASSIGN(const auto document, ParseObject(text));
    sites_[site].desired = text;
    sites_[site].desired_number = document.value("number", std::uint64_t{0});
  }
  EDGEWISE_ASSIGN(const auto before, index_.Documents(kBefore));
  for (const auto& [key, text] : before) {
    EDGEWISE_ASSIGN(const auto document, ParseObject(text));
    sites_[key.substr(0, key.rfind('/'))].before[document.value("number", std::uint64_t{0}) % kHistory] = text;
  }
  return {};
}

Result<void> Fleet::SetDesired(const std::string& site, std::string_view document) {
  EDGEWISE_ASSIGN(const auto json, ParseObject(document));
  if (json.value("schema", Json()) != "edgewise.desired.v1") {
    return Fail(Code::kInvalidArgument, "desired state: key \"schema\" must be \"edgewise.desired.v1\"");
  }
  const auto found = json.find("number");
  if (found == json.end() || !found->is_number_unsigned()) {
    return Fail(Code::kInvalidArgument, "desired state: key \"number\" must be a positive number");
  }
  const auto number = found->get<std::uint64_t>();
  const std::scoped_lock lock(mutex_);
  const auto known = sites_.find(site);
  const auto present = known == sites_.end() ? 0 : known->second.desired_number;
  if (known != sites_.end() && known->second.desired == document) return {};  // a retry
  if (number <= present) {
    return Fail(Code::kAborted,
                fmt::format("desired state: number {} is not above {}'s present {}; read it and count on", number, site, present));
  }
  if (present > 0) {  // first: a stop in between then keeps the present state twice, and loses none
    auto& replaced = known->second;
    EDGEWISE_TRY(index_.PutDocument(kBefore, fmt::format("{}/{:02}", site, present % kHistory), replaced.desired));
    replaced.before[present % kHistory] = replaced.desired;
  }
  EDGEWISE_TRY(index_.PutDocument("desired", site, document));
  sites_[site].desired = document;
  sites_[site].desired_number = number;
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
    const auto number = Json::parse(text, nullptr, false).value("number", std::uint64_t{0});
    if (number < entry.desired_number) newest_first.emplace(number, text);
  }
  std::vector<std::string> states = {std::move(present)};
  for (auto& [number, text] : newest_first) states.push_back(std::move(text));
  return states;
}

}  // namespace edgewise::hub
