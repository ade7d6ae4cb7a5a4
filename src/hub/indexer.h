#pragma once

#include <map>
#include <string>

#include "base/deadline.h"
#include "base/metrics.h"
#include "hub/index.h"
#include "store/store.h"

namespace edgewise::hub {

/// Carries the store's new objects into the index, each once. A step function; restarts go on where the index ends.
/// Cost when nothing is new: one Folders() for each site and lane, one List() for each site, lane and epoch.
/// An object whose manifest, digest or content is not right, or cannot be read for good, is set aside with the reason and never tried
/// again; the rest goes on.
/// Errors of Step: those of store and index that may pass (kUnavailable, kResourceExhausted), the first one; what it is about waits and the
/// other folders go on. Call again. Threads: one at a time.
class Indexer {
 public:
  Indexer(store::Store& store, Index& index, Metrics& metrics);
  /// Indexes at most about `most` new objects; answers how many it dealt with (0: nothing new).
  Result<std::size_t> Step(std::size_t most, Deadline deadline);

 private:
  Result<void> FindFolders(const std::string& folder, int levels, Deadline deadline);
  Result<void> Know(const std::string& folder);
  Result<std::size_t> StepFolder(const std::string& folder, std::string& after, std::size_t most, Deadline deadline);
  Result<void> Take(const std::string& manifest_name, Deadline deadline);
  Result<void> SetAside(const std::string& object, const std::string& reason);
  void Note(const Added& added, std::size_t aside);

  store::Store& store_;
  Index& index_;
  std::map<std::string, std::string> folders_;  // folder -> last name of it that was dealt with
  prometheus::Counter& indexed_;
  prometheus::Counter& doubled_;
  prometheus::Counter& aside_;
};

}  // namespace edgewise::hub
