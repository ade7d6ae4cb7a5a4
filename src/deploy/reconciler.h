#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "deploy/desired_state.h"
#include "deploy/detail/restarts.h"
#include "deploy/model_folder.h"
#include "deploy/target.h"

namespace edgewise::deploy {

/// A model that answers requests.
struct LiveModel {
  DesiredModel model;
  std::shared_ptr<const train::ModelCard> card;  // shared by the requests that use it
  std::shared_ptr<Running> running;              // shared likewise: an old version stops (in Step()) when its last request is done
};

struct ModelStatus {
  std::string name;
  Digest digest;        ///< Of what is live; zero: nothing is.
  std::string version;  ///< Likewise.
  std::string state;    ///< "live" (as desired), "waiting" (its turn has not come), "failed" (see reason; an older version may serve)
  std::string reason;   ///< Why it failed; never holds site data.
};

struct DeployStatus {
  std::uint64_t desired = 0;  ///< Number of the newest desired state taken.
  std::uint64_t applied = 0;  ///< Number of the newest one that is live as a whole.
  std::string refused;        ///< Why a desired state is not taken, although its number is the highest; "" if it is.
  std::vector<ModelStatus> models;
};

/// Brings what runs in line with what is desired, step by step: pull, verify, start beside the old version, warm, swap. Until the new
/// version has scored a row the old one serves; when it cannot, the old one goes on serving and the status says why.
/// Durability: a desired state is on disk before it counts; what is live is noted, and comes back first after a restart, without a network.
/// The disk keeps what is live, what is desired, and the version before it, so that going back needs no network; older ones are removed.
/// Failures: kInvalidArgument and kPermissionDenied wait for a new number; all others are tried again, each time after twice the wait.
/// A scorer that ends is started again: at once, and with a growing pause if it had not lived long.
/// Threads: Step() by one; everything else by any number.
class Reconciler {
 public:
  struct Options {
    std::filesystem::path folder;  ///< desired.json, live.json and models/ lie here.
    Digest policy{};               ///< Of the policy file that the site runs; zero: none. A state that wants another is refused.
    /// The files of an image, every digest verified. Called by Step().
    std::function<Result<std::vector<package::File>>(const std::string& repository, const Digest& digest)> pull;
    /// Called by Step() when a version is ready and before it gets live; an error keeps the old one.
    std::function<Result<void>(const Digest& model, const std::shared_ptr<const train::ModelCard>& card)> before_swap =
        [](const auto&, const auto&) -> Result<void> { return {}; };
    std::chrono::milliseconds start_limit = std::chrono::seconds(30);
    std::chrono::milliseconds retry_first = std::chrono::seconds(1);
    std::chrono::milliseconds retry_longest = std::chrono::minutes(5);
    std::chrono::milliseconds steady = std::chrono::minutes(1);  ///< A scorer that lived so long is started again without a pause.
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };

  /// A damaged desired.json is set aside; the hub sends it again. Errors: as Files.
  static Result<std::unique_ptr<Reconciler>> Open(Options options, Target& target, Files& files);

  /// Errors: kAborted (older number, or the same with other content), kInvalidArgument (not a valid state), kFailedPrecondition (it wants
  /// another policy than the site's: status() says so until one comes that does not), as Files. What is refused changes nothing.
  Result<void> Offer(const DesiredState& state);
  /// Does one thing; false: there is nothing to do now. A model that fails is no error here: see status().
  Result<bool> Step(Deadline deadline);
  /// Starts the scorer of a live model again if it has ended: for a request that finds it so, and does not wait for the next Step().
  /// Errors: kNotFound (not live), kUnavailable (its pause is not over), kDataLoss (its files are damaged: Step() pulls them), as Target.
  Result<void> Revive(const std::string& name, Deadline deadline);

  std::vector<LiveModel> Live() const;
  std::uint64_t generation() const;  ///< Changes whenever Live() does.
  std::optional<DesiredState> desired() const;
  DeployStatus status() const;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using Key = std::pair<std::string, Digest>;  // a model's name and a version of it
  struct Trouble {
    std::string reason;
    bool final = false;
    Moment next;
    std::chrono::milliseconds wait{0};
  };

  Reconciler(Options options, Target& target, Files& files)
      : options_(std::move(options)),
        target_(target),
        files_(files),
        models_(options_.folder / "models", files),
        restarts_({options_.retry_first, options_.retry_longest, options_.steady}) {}
  Result<void> ReadFolder();
  std::map<std::string, DesiredModel> ReadNote(const char* name) const;
  Result<void> WriteNote(const char* name, std::uint64_t number, const std::map<std::string, DesiredModel>& models);
  std::string PolicyTrouble(const DesiredState& state) const;
  Result<bool> StepLastGood(Deadline deadline);
  std::optional<LiveModel> FindLive(const std::string& name) const;
  bool MayTry(const DesiredModel& model) const;
  void NoteTrouble(const DesiredModel& model, const Error& error);
  Result<CheckedModel> Fetch(const DesiredModel& model);
  Result<void> BringLive(const DesiredModel& model, Deadline deadline);
  bool MayRestart(const LiveModel& live);
  std::shared_ptr<void> TakeTurn(Deadline deadline);
  Result<void> Restart(const LiveModel& live, Deadline deadline);
  Result<void> RestartInStep(const LiveModel& live, Deadline deadline);
  Result<bool> StepModel(const DesiredModel& model, Deadline deadline);
  void Swap(LiveModel next, const Running* instead_of = nullptr);
  bool DropUndesired(const DesiredState& desired);
  void StopRetired();
  void CountApplied(const DesiredState& desired);
  Result<bool> NoteLive(const DesiredState& desired);
  void RemoveOld(const DesiredState& desired);

  Options options_;
  Target& target_;
  Files& files_;
  ModelFolder models_;
  std::map<std::string, DesiredModel> last_good_;  // what live.json holds: comes back first; only Step()
  std::map<std::string, DesiredModel> previous_;   // what previous.json holds: what was live before; only Step()
  std::set<Digest> kept_;                          // models on the disk when old ones were last removed; only Step()

  mutable std::mutex mutex_;                       // guards all below
  std::vector<std::shared_ptr<Running>> retired_;  // replaced, stopped by Step() once no request uses them
  detail::Restarts restarts_;
  bool restarting_ = false;  // one restart at a time; its end is said by restarted_
  std::condition_variable restarted_;
  std::optional<DesiredState> desired_;
  std::string refused_;
  std::uint64_t applied_ = 0;
  std::uint64_t generation_ = 0;
  std::map<std::string, LiveModel> live_;
  std::map<Key, Trouble> troubles_;
};

}  // namespace edgewise::deploy
