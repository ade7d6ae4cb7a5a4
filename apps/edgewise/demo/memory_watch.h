#pragma once

#include <sys/types.h>

#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace edgewise::demo {

struct MemoryPeaks {
  double serving_mb = 0;  ///< Highest sum of PSS in a second without a training process.
  double all_mb = 0;      ///< Highest sum of PSS ever.
};

/// Adds up, each second, the proportional set sizes of all children of this process and theirs: hub, registry, sites, scorers, trainers.
/// This process (the client) does not count. A second in which a trainer runs ("train" or "improve" in its command) counts as training.
class MemoryWatch {
 public:
  MemoryWatch();
  ~MemoryWatch();
  MemoryPeaks peaks() const;

 private:
  void Sample();

  mutable std::mutex mutex_;
  MemoryPeaks peaks_;
  std::jthread thread_;
};

}  // namespace edgewise::demo
