#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/files.h"
#include "base/metrics.h"
#include "base/result.h"
#include "queue/queue.h"
#include "relay/policy.h"
#include "store/store.h"

namespace edgewise::relay {

struct Options {
  std::string site;
  std::uint64_t epoch = 1;
  std::filesystem::path folder;  ///< For cuts and audit files; created.
  std::size_t max_events = 1000;
  std::chrono::milliseconds max_age = std::chrono::seconds(5);  ///< An event waits no longer for its batch to fill.
  int most_refusals = 5;
  const Clock* clock = nullptr;                                              ///< Names the audit file's day; the wall clock if not given.
  std::function<Deadline::Clock::time_point()> now = &Deadline::Clock::now;  ///< Monotonic, for max_age.
};

/// Counts over the lane's life, restarts included, and since this start. No site data: this is shown to everyone.
struct LaneStatus {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
  std::uint64_t stored_through = 0;  ///< Sequence up to which everything is stored or denied.
  std::uint64_t allowed_now = 0;     ///< Since the start.
  std::uint64_t denied_now = 0;
};

struct RelayStatus {
  std::map<event::Lane, LaneStatus> lanes;
  int leak_bits_max = 0;               ///< The most that one event let out since the start; an upper bound.
  std::optional<std::string> stopped;  ///< Why a lane, or with a damaged cut every lane, does not go on; a person has to look.
};

/// Carries events from a queue to a store, through a policy; exactly once in effect, in order per lane.
/// Per batch: judge; audit lines synced; the cut (the very bytes) written durably; object put, manifest put; settled in the queue. A retry,
/// also after a restart, puts the same bytes under the same create-only names. A name that holds other bytes stops its lane for good.
/// A batch that the store refuses for what it is (kInvalidArgument, `most_refusals` times) is cut anew at half its size, down to the event
/// that is to blame: that one is set aside, and the others go on. A lane in trouble does not hold up the others.
/// Lifecycle: borrows queue, store, files, metrics. One thread calls Step(); Status() and SetPolicy() any thread, any time.
class Relay {
 public:
  Relay(Options options, Policy policy, queue::Queue& queue, store::Store& store, Files& files, Metrics& metrics);
  ~Relay();

  /// Carries at most one batch per lane, anomalies first. `flush` does not wait for a batch to fill. Answers whether it did something:
  /// call again at once if so. Errors: as queue and store (call again later: the same step is repeated; other lanes were stepped all the
  /// same), kDataLoss (a damaged cut).
  Result<bool> Step(bool flush, Deadline deadline);
  /// Holds from the next cut on; what is cut already goes as it was judged. The key must be the site's same one.
  void SetPolicy(Policy policy);
  RelayStatus Status() const;

 private:
  struct LaneState;
  class Audit;

  Result<void> Load(Deadline deadline);
  Result<void> LoadCuts();
  Result<void> FindCarried(Deadline deadline);
  Result<void> Shown(Result<void> loaded);
  Result<bool> StepLane(event::Lane lane, bool flush, Deadline deadline);
  Result<bool> Due(event::Lane lane, bool flush);
  Result<bool> CutNext(event::Lane lane, Deadline deadline);
  Result<void> Commit(const Policy& policy, Batch batch);
  Result<bool> Send(event::Lane lane, Deadline deadline);
  Result<bool> StillWanted(event::Lane lane, Deadline deadline);
  Result<void> Refused(event::Lane lane, const Error& refusal, Deadline deadline);
  Result<bool> PutOnce(event::Lane lane, const std::string& name, const event::Permitted<std::string>& bytes, Deadline deadline);
  Result<void> Finish(event::Lane lane, Deadline deadline);
  void Stop(event::Lane lane, std::string reason);
  LaneState& Of(event::Lane lane);

  Options options_;
  queue::Queue& queue_;
  store::Store& store_;
  Files& files_;
  Metrics& metrics_;
  WallClock wall_;
  bool loaded_ = false;
  std::unique_ptr<Audit> audit_;
  std::array<std::unique_ptr<LaneState>, 3> lanes_;
  mutable std::mutex mutex_;  // guards policy_ and status_
  Policy policy_;
  RelayStatus status_;
};

}  // namespace edgewise::relay
