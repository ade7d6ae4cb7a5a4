#pragma once

#include "site/asking.h"
#include "site/core.h"
#include "site/counters.h"

namespace edgewise::site {

/// What the HTTP routes need of a site. All on the HTTP thread.
class SiteDoor {
 public:
  virtual ~SiteDoor() = default;
  virtual const Site::Options& options() const = 0;
  virtual Core& core() = 0;
  virtual Metrics& metrics() = 0;
  virtual Counters& counters() = 0;
  virtual const Served* FindModel(const std::string& name) = 0;  ///< nullptr: not deployed here.
  /// Starts the model's scorer again if it has ended. Errors: as deploy::Reconciler::Revive.
  virtual Result<void> Revive(const std::string& name, Deadline deadline) = 0;
  virtual bool IsStarting(const std::string& name) = 0;            ///< Wanted here, and not live yet.
  virtual void Flush(std::function<void(Result<void>)> done) = 0;  ///< Everything derived so far into the store.
  virtual void Counted() = 0;                                      ///< The machine's counts have changed.
  virtual std::string StatusJson() const = 0;
};

/// POST /records/{stream}, /score/{model}, /labels, /clock, /relay/flush; GET /status, /streams, /metrics, /healthz, /readyz.
/// `door` outlives the router.
void AddSiteRoutes(net::Router& router, SiteDoor& door);

/// What the routes POST /score/{model} and /records/{stream} would answer. On the HTTP thread.
void AnswerQuestion(SiteDoor& door, const Question& question, const net::Responder& respond);

}  // namespace edgewise::site
