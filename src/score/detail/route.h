#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "score/model_repository.h"
#include "score/model_settings.h"

namespace edgewise::score::detail {

/// Which version of one model answers a request. Immutable but for its counters: a change of the model is another route.
/// Threads: any number.
class Route {
 public:
  enum class State { kLoaded, kCold, kUnavailable };
  struct Version {
    std::uint64_t number = 1;
    std::shared_ptr<ModelVersion> version;  // shared with requests in flight
  };

  /// A model that is not loaded: it may be loaded by a request (kCold), or not, with the reason.
  Route(std::string model, State state, std::string reason);
  /// `versions`: ascending, not empty. `refused`: those that could not be loaded, with the reason.
  Route(std::string model, std::vector<Version> versions, const ModelSettings& settings, std::map<std::uint64_t, std::string> refused);

  State state() const { return state_; }
  const std::string& reason() const { return reason_; }
  const std::vector<Version>& versions() const { return versions_; }
  /// As ModelRepository::Find().
  Result<ModelRepository::Choice> Choose(std::string_view version, std::string_view sticky) const;
  /// When it was last asked for, in the repository's count of uses.
  void Touch(std::uint64_t use) const { touched_.store(use, std::memory_order_relaxed); }
  std::uint64_t touched() const { return touched_.load(std::memory_order_relaxed); }

 private:
  struct Weighted {
    std::size_t version;  ///< Index into versions_.
    double weight;
  };
  const Version* Find(std::uint64_t number) const;
  void SetStandard(const ModelSettings& settings);
  const Version& Own(std::string_view sticky) const;
  Result<const Version*> Named(std::string_view version) const;

  std::string model_;
  State state_;
  std::string reason_;
  std::vector<Version> versions_;
  std::map<std::uint64_t, std::string> refused_;
  std::map<std::string, std::uint64_t, std::less<>> labels_;
  std::vector<Weighted> weights_;
  double total_ = 0;
  std::size_t standard_ = 0;              ///< Answers when there are no weights: an index into versions_.
  std::shared_ptr<ModelVersion> shadow_;  // as in versions_
  mutable std::atomic<std::uint64_t> tickets_{0};
  mutable std::atomic<std::uint64_t> touched_{0};
};

/// Whether a version can be served beside `others`: a shadow needs the inputs and outputs of all of them, a version with a weight those of
/// the others with one. Ask for the shadow last. Errors: kInvalidArgument, names the version that it differs from.
Result<void> FitsBeside(const Route::Version& version, const std::vector<Route::Version>& others, const ModelSettings& settings);

}  // namespace edgewise::score::detail
