#include "deployment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <thread>

#include "client.h"
#include "site_progress.h"

namespace edgewise {
namespace {

using deploy::DesiredState;
using nlohmann::json;

/// What the site was to run at number `to`: its newest state numbered so or lower.
const DesiredState* At(const SiteHistory& history, std::uint64_t to) {
  const auto found = std::ranges::find_if(history.states, [to](const auto& state) { return state.number <= to; });
  return found == history.states.end() ? nullptr : &*found;
}

bool SameButNumber(const DesiredState& one, const DesiredState& other) { return one.models == other.models && one.policy == other.policy; }

std::set<std::uint64_t> Numbers(const std::vector<SiteHistory>& histories) {
  std::set<std::uint64_t> numbers;
  for (const auto& history : histories) {
    for (const auto& state : history.states) numbers.insert(state.number);
  }
  return numbers;
}

/// Whether each of these states can have been live: a site says the number of the newest that was.
bool WereLive(const std::vector<StepBack>& steps, const std::vector<SiteHistory>& histories) {
  return std::ranges::all_of(steps, [&](const StepBack& step) {
    const auto history = std::ranges::find(histories, step.site, &SiteHistory::site);
    return step.state.number <= history->applied;
  });
}

std::vector<StepBack> Changes(const std::vector<SiteHistory>& histories, std::uint64_t to) {
  std::vector<StepBack> steps;
  for (const auto& history : histories) {
    const auto* state = At(history, to);
    if (state != nullptr && !SameButNumber(*state, history.states.front())) steps.push_back({history.site, *state});
  }
  return steps;
}

}  // namespace

Result<json> HubClient::Ask(std::string method, const std::string& target, std::string body) {
  EDGEWISE_ASSIGN(const auto answer, http_.Send({.method = std::move(method), .target = target, .headers = {}, .body = std::move(body)},
                                                Deadline::After(std::chrono::seconds(30))));
  if (answer.status >= 300) return Fail(net::CodeOf(answer.status), fmt::format("{}: {}", target, answer.body));
  auto read = json::parse(answer.body, nullptr, false);
  if (!read.is_object()) return Fail(Code::kUnavailable, target + ": the answer is no JSON object; is this an Edgewise hub?");
  return read;
}

Result<std::vector<std::string>> ChooseSites(HubClient& hub, const std::vector<std::string>& chosen) {
  const auto asked = hub.Ask("GET", "/api/sites");
  if (const auto why = !asked && asked.error().code == Code::kNotFound ? NotAHub(hub.address()) : ""; !why.empty())
    return Fail(Code::kNotFound, why);
  EDGEWISE_ASSIGN(const auto answer, asked);
  std::vector<std::string> known;
  for (const auto& site : answer.value("sites", json::array())) known.push_back(site.value("site", ""));
  for (const auto& site : chosen) {
    if (std::ranges::find(known, site) == known.end())
      return Fail(Code::kNotFound, fmt::format("the hub knows no site \"{}\"; it knows: {}", site, fmt::join(known, ", ")));
  }
  if (known.empty()) return Fail(Code::kNotFound, "the hub knows no site yet; edgewise up starts some");
  return chosen.empty() ? known : chosen;
}

Result<std::vector<SiteHistory>> ReadHistory(HubClient& hub, const std::vector<std::string>& sites) {
  EDGEWISE_ASSIGN(const auto told, hub.Ask("GET", "/api/sites"));
  std::vector<SiteHistory> histories;
  for (const auto& site : sites) {
    const auto answer = hub.Ask("GET", fmt::format("/api/sites/{}/desired/history", site));
    if (!answer && answer.error().code == Code::kNotFound) continue;  // never told to run anything
    if (!answer) return std::unexpected(answer.error());
    SiteHistory history{.site = site, .states = {}};
    for (const auto& each : told.value("sites", json::array())) {
      const auto progress = ProgressOf(each, 0);
      if (progress.site == site && each.contains("status") && each["status"].is_object()) history.applied = progress.applied;
    }
    for (const auto& state : answer->value("states", json::array())) {
      EDGEWISE_ASSIGN(auto read, deploy::DesiredFromJson(state.dump()));
      history.states.push_back(std::move(read));
    }
    if (!history.states.empty()) histories.push_back(std::move(history));
  }
  return histories;
}

Result<std::uint64_t> NextNumber(HubClient& hub) {
  EDGEWISE_ASSIGN(const auto answer, hub.Ask("GET", "/api/sites"));
  std::uint64_t highest = 0;
  for (const auto& site : answer.value("sites", json::array())) {
    const auto desired = site.value("desired", json());
    if (desired.is_object()) highest = std::max(highest, desired.value("number", std::uint64_t{0}));
    const auto status = site.value("status", json());
    if (!status.is_object()) continue;  // a hub that was built anew knows less than its sites
    highest = std::max({highest, status.value("desired", std::uint64_t{0}), status.value("applied", std::uint64_t{0})});
  }
  return highest + 1;
}

Result<std::vector<StepBack>> PlanBack(const std::vector<SiteHistory>& histories, std::uint64_t to) {
  const auto numbers = Numbers(histories);
  if (to != 0 && !numbers.contains(to))
    return Fail(Code::kNotFound, fmt::format("there is no number {} to go back to; there are: {}", to, fmt::join(numbers, ", ")));
  if (to != 0) return Changes(histories, to);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    auto steps = Changes(histories, *number);
    if (!steps.empty() && WereLive(steps, histories)) return steps;
  }
  return Fail(Code::kNotFound, "there is nothing to go back to: the sites never ran anything else that was live");
}

Result<void> WaitForSites(HubClient& hub, const std::vector<std::string>& sites, std::uint64_t number, Deadline deadline) {
  while (true) {
    EDGEWISE_ASSIGN(const auto answer, hub.Ask("GET", "/api/sites"));
    std::vector<SiteProgress> asked;
    for (const auto& site : answer.value("sites", json::array())) {
      auto progress = ProgressOf(site, number);
      if (std::ranges::find(sites, progress.site) != sites.end()) asked.push_back(std::move(progress));
    }
    if (std::ranges::all_of(asked, &SiteProgress::live)) return {};
    if (std::ranges::any_of(asked, &SiteProgress::given_up)) return Fail(Code::kFailedPrecondition, WaitedInVain(number, asked));
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, WaitedInVain(number, asked));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace edgewise
