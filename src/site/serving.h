#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "deploy/reconciler.h"
#include "site/core.h"

namespace edgewise::site {

/// The models that answer, with their programs read and warmed: what the deployment says, as the HTTP thread uses it.
/// Threads: the HTTP thread alone. Holds the scorers that it serves: one that was replaced ends after the next Refresh().
class Serving {
 public:
  Serving(std::string site, deploy::Reconciler& reconciler, Core& core) : site_(std::move(site)), reconciler_(reconciler), core_(core) {}

  /// Takes over what the deployment has changed. A model that cannot be taken over is tried again after a moment.
  void Refresh();
  const Served* Find(const std::string& name);     ///< nullptr: not live.
  bool IsStarting(const std::string& name) const;  ///< Wanted here; it may not be live yet.

 private:
  std::string site_;  // for log lines
  deploy::Reconciler& reconciler_;
  Core& core_;
  std::map<std::string, Served> served_;
  std::uint64_t generation_ = ~0ULL;  // of served_
  std::uint64_t life_ = 0;            // likewise, of the core
  std::chrono::steady_clock::time_point not_before_;
};

}  // namespace edgewise::site
