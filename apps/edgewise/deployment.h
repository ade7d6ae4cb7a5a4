#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "deploy/desired_state.h"
#include "net/http.h"

namespace edgewise {

/// A hub as `edgewise deploy` sees it. Errors: those of net::HttpClient; kUnavailable (the answer is no JSON
/// object); what the hub answers, in its words.
class HubClient {
 public:
  explicit HubClient(const std::string& address) : address_(address), http_(net::Address{address}) {}
  const std::string& address() const { return address_; }
  Result<nlohmann::json> Ask(std::string method, const std::string& target, std::string body = "");

 private:
  std::string address_;
  net::HttpClient http_;
};

/// What a site is to run, and was to run before: newest first, never empty.
struct SiteHistory {
  std::string site;
  std::vector<deploy::DesiredState> states;
  /// The newest number that was live at the site: of what is newer, nothing ever was. Not known: any may have been.
  std::uint64_t applied = std::numeric_limits<std::uint64_t>::max();
};

/// Names of the sites that the hub knows, or of those of `chosen` (empty: all). Errors: kNotFound (names the one that is not known,
/// or what is at the address instead of a hub).
Result<std::vector<std::string>> ChooseSites(HubClient& hub, const std::vector<std::string>& chosen);
/// Of those of the sites that were ever told to run something.
Result<std::vector<SiteHistory>> ReadHistory(HubClient& hub, const std::vector<std::string>& sites);

/// One site's way back.
struct StepBack {
  std::string site;
  deploy::DesiredState state;  ///< As it was, under its old number.
};

/// What each site was to run at number `to`; `to` 0: at the newest number at which some site ran something else than now, of those
/// that can have been live. Sites that would not change are left out. Errors: kNotFound (nothing to go back to: names the numbers that
/// there are).
Result<std::vector<StepBack>> PlanBack(const std::vector<SiteHistory>& histories, std::uint64_t to);

/// One more than any site's number: a number means one thing in the whole fleet.
Result<std::uint64_t> NextNumber(HubClient& hub);

/// Waits until the sites run what is numbered so. Errors: kDeadlineExceeded, kFailedPrecondition (a site will not try again): which do not
/// and why, what serves, how to undo it.
Result<void> WaitForSites(HubClient& hub, const std::vector<std::string>& sites, std::uint64_t number, Deadline deadline);

}  // namespace edgewise
