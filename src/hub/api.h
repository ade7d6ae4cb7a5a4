#pragma once

#include "hub/fleet.h"
#include "hub/index.h"
#include "hub/timeline.h"
#include "net/http.h"

namespace edgewise::hub {

/// The hub's HTTP API (docs/formats/hub_api.md): what the page shows and what sites and the improve step tell.
/// Answers on the server's thread, each within 50 ms for a year of three sites. Errors as HttpResponse::FromError.
/// Lifecycle: outlived by what it refers to; the router must not outlive it.
class Api {
 public:
  Api(Index& index, Fleet& fleet, const Timeline& timeline) : index_(index), fleet_(fleet), timeline_(timeline) {}
  void AddRoutes(net::Router& router);

  // Each answers a JSON text; for callers in this process too (the demo's report).
  Result<std::string> Overview();
  Result<std::string> Sites();
  /// `hours` back from the newest hour, for one site or (empty) all; by day when longer than 45 days.
  Result<std::string> Insights(const std::string& site, std::uint64_t hours);
  Result<std::string> Events(std::string_view type, const std::string& site, std::size_t limit);
  Result<std::string> DesiredHistory(const std::string& site);
  Result<std::string> Models();
  Result<std::string> Compliance();
  Result<std::string> ShowTimeline();
  /// `samples`: how many to show of each training object.
  Result<std::string> Lineage(std::string_view id, std::size_t samples);

 private:
  Index& index_;
  Fleet& fleet_;
  const Timeline& timeline_;
};

}  // namespace edgewise::hub
