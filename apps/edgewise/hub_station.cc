#include "hub_station.h"

#include "base/files.h"
#include "base/log.h"
#include "child.h"
#include "hub/pages.h"

namespace edgewise {

Result<std::unique_ptr<HubStation>> HubStation::Start(const Options& options, store::Store& store, Metrics& metrics) {
  std::unique_ptr<HubStation> hub(new HubStation);  // the constructor is private
  EDGEWISE_ASSIGN(hub->index_, hub::SqliteIndex::Open(options.state / "hub.db"));
  hub::Fleet::Options expected;
  expected.sites = options.sites;
  EDGEWISE_ASSIGN(hub->fleet_, hub::Fleet::Open(*hub->index_, hub->clock_, std::move(expected)));
  EDGEWISE_ASSIGN(hub->timeline_, hub::Timeline::Open(*hub->index_));
  hub->indexer_ = std::make_unique<hub::Indexer>(store, *hub->index_, metrics);
  hub->api_ = std::make_unique<hub::Api>(*hub->index_, *hub->fleet_, *hub->timeline_);
  hub->api_->AddRoutes(hub->routes_);
  const auto pages = options.pages.empty() ? OwnProgram().parent_path().parent_path() / "web" : options.pages;
  hub::AddPages(hub->routes_, SystemFiles(), pages);
  EDGEWISE_ASSIGN(hub->http_, net::HttpServer::Start({{options.address}}, hub->routes_, {}));
  return hub;
}

void HubStation::IndexUntil(const StopSignals& signals) {
  std::string told;  // a store that is away fails five times a second, in the same words
  while (true) {
    const auto indexed = indexer_->Step(200, Deadline::After(std::chrono::seconds(10)));
    const auto fault = indexed ? std::string() : indexed.error().message;
    if (fault != told && !indexed) log::Warn("hub: {}", fault);
    if (fault != told && indexed) log::Info("hub: the store and the index can be read again");
    told = fault;
    const bool more = indexed && *indexed > 0;
    if (signals.Came(std::chrono::milliseconds(more ? 0 : 200))) return;
  }
}

}  // namespace edgewise
