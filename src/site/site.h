#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/metrics.h"
#include "deploy/desired_state.h"
#include "deploy/target.h"
#include "net/http.h"
#include "package/image.h"
#include "queue/queue.h"
#include "relay/policy.h"
#include "site/durability.h"
#include "site/input_options.h"
#include "site/rules.h"
#include "store/store.h"

namespace edgewise::site {

/// How a site reaches the hub; both are called from the site's own threads, and a failure is tried again. No site data goes this way.
struct HubLink {
  std::function<Result<std::optional<deploy::DesiredState>>(Deadline)> desired;  ///< nullopt: the hub wants nothing yet.
  std::function<Result<void>(const std::string& status_json, Deadline)> report;
};

/// One edge site: record journal, features, scoring, labels, detection, queue, relay, deployment; its HTTP door (docs/formats/site.md).
/// Threads of its own: HTTP and machine; journal; relay; deployment. Durability: POST /records, /score, /labels and /clock answer after the
/// journal has reached the disk. After a kill everything goes on from journal and snapshot, with no event lost or doubled.
class Site {
 public:
  struct Options {
    std::string name;
    std::uint64_t epoch = 1;       ///< Life of the site's disk: one more after a lost or restored one, so that no event's id comes twice.
    std::filesystem::path folder;  ///< Everything the site keeps; created.
    std::vector<net::Address> addresses;
    Rules rules;
    feature::Program program{nullptr};  ///< Declares streams and request.
    feature::Tables tables;
    std::optional<relay::Policy> policy;                                 ///< Nothing leaves without one.
    std::shared_ptr<const Clock> clock = std::make_shared<WallClock>();  ///< Shared with who made the site; a live site lives by it.
    bool replay = false;                                       ///< Event time is what POST /clock and the records say, not the wall clock.
    std::uint64_t snapshot_every = 50'000;                     ///< Journal entries.
    std::size_t most_backlog = 20'000;                         ///< Changes waiting for the disk; more are refused (429).
    std::chrono::milliseconds poll = std::chrono::seconds(1);  ///< How often the hub is asked.
    std::function<Result<std::vector<package::File>>(const std::string& repository, const Digest& digest)> pull;
    HubLink hub;
    InputOptions inputs;
    DurabilityByModel durability;            ///< Of a score whose request does not say.
    std::uint64_t queue_bytes = 2ULL << 30;  ///< Of events that wait to leave.
    queue::WhenFull when_full = queue::WhenFull::kBlock;
  };

  /// Borrows store, target, files and metrics. Errors: kAlreadyExists (port taken), kFailedPrecondition (newer format on disk), as Files.
  static Result<std::unique_ptr<Site>> Open(Options options, store::Store& store, deploy::Target& target, Files& files, Metrics& metrics);
  virtual ~Site() = default;  ///< Stops: requests in flight are answered, what was acknowledged is on the disk.
  virtual const std::vector<std::string>& addresses() const = 0;
  virtual std::vector<std::pair<std::string, std::string>> tap_addresses() const = 0;  ///< Names and addresses, as bound.
  virtual std::string StatusJson() const = 0;
};

}  // namespace edgewise::site
