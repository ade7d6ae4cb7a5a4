#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "hub/api.h"
#include "hub/indexer.h"
#include "hub/sqlite_index.h"
#include "stop_signals.h"

namespace edgewise {

/// The hub: index, fleet, timeline, API and pages over a store, serving HTTP as long as this object lives: `edgewise hub`, and one part of
/// `edgewise up`.
class HubStation {
 public:
  struct Options {
    std::filesystem::path state;     ///< hub.db lies here; exists.
    std::string address;             ///< host:port
    std::vector<std::string> sites;  ///< Expected: shown as empty until they speak.
    std::filesystem::path pages;     ///< Built pages; "" = beside the program.
  };
  /// Borrows store and metrics. Errors: kAlreadyExists (port taken), kInvalidArgument (address), those of hub::SqliteIndex::Open().
  static Result<std::unique_ptr<HubStation>> Start(const Options& options, store::Store& store, Metrics& metrics);

  const std::string& address() const { return http_->addresses().at(0); }
  hub::Fleet& fleet() { return *fleet_; }
  hub::Timeline& timeline() { return *timeline_; }
  /// Indexes what comes into the store until one of the signals comes.
  void IndexUntil(const StopSignals& signals);

 private:
  HubStation() = default;

  WallClock clock_;
  std::unique_ptr<hub::SqliteIndex> index_;
  std::unique_ptr<hub::Fleet> fleet_;
  std::unique_ptr<hub::Timeline> timeline_;
  std::unique_ptr<hub::Indexer> indexer_;
  std::unique_ptr<hub::Api> api_;
  net::Router routes_;
  std::unique_ptr<net::HttpServer> http_;  // last: its thread uses the others
};

}  // namespace edgewise
