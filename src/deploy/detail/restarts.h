#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/digest.h"

namespace edgewise::deploy::detail {

/// When scorers that ended may be started again: the first time, or after a life of `steady`, at once; after shorter lives with a pause
/// that doubles, from `first` to `longest`. A model's new version begins without a past. Time: given by the caller, monotonic. Threads: one
/// at a time.
class Restarts {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  struct Options {
    std::chrono::milliseconds first, longest, steady;
  };
  explicit Restarts(Options options) : options_(options) {}

  void Started(const std::string& name, const Digest& version, Moment now);
  /// Notes that it has ended, if nobody did; answers from when on it may be started again.
  Moment Ended(const std::string& name, Moment now);
  /// What people should know of a scorer that has ended; nothing while it runs.
  std::optional<std::string> Trouble(const std::string& name) const;

 private:
  struct Life {
    Digest version;
    Moment since;
    std::optional<Moment> again;  ///< It has ended and may be started again then.
    std::chrono::milliseconds pause{0};
    unsigned short_lives = 0;
  };

  Options options_;
  std::map<std::string, Life> lives_;
};

}  // namespace edgewise::deploy::detail
