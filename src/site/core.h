#pragma once

#include <atomic>
#include <future>
#include <optional>
#include <unordered_set>

#include "base/clock.h"
#include "deploy/reconciler.h"
#include "net/http.h"
#include "queue/queue.h"
#include "site/committer.h"
#include "site/machine.h"
#include "site/site.h"
#include "site/warm_up.h"

namespace edgewise::site {

/// A model that answers, as the HTTP thread sees it.
struct Served {
  deploy::LiveModel live;
  feature::Program program;
};

/// Machine, journal and what hangs on them. One thread (the HTTP server's), but for Know().
class Core {
 public:
  static Result<std::unique_ptr<Core>> Open(const Site::Options& options, Files& files, queue::Queue& queue);

  /// Applies an entry and answers when it is on the disk. Errors go to `done` too.
  void Take(const Entry& entry, std::function<void(Result<void>)> done);
  Result<void> Drain(Deadline deadline);
  /// Calls `done` when all that was taken so far is on the disk, or cannot be.
  void AfterAll(std::function<void(Result<void>)> done);
  /// Everything up to this event time is in journal, queue and score log. Any thread.
  EventTime settled() const { return {settled_.load()}; }
  void Snapshot();
  Machine& machine() { return *machine_; }
  Journal& journal() { return *journal_; }
  ScoreLog& log() { return *log_; }
  /// The row of this id if it was scored here, and is on the disk: waits for the commit of one that was named a moment ago. Errors: as
  /// Drain.
  Result<std::optional<ScoredRow>> FindNamed(const LineageId& row);
  /// A row of this id is being taken; so that FindNamed() knows it before it is in the score log.
  Result<void> Name(const LineageId& row);
  std::size_t backlog() const { return committer_ ? committer_->backlog() : 0; }

  /// What the feature state must learn before `program` can be computed, to be learned on another thread; nullptr if it has everything.
  Result<std::unique_ptr<WarmUp>> BeginWarmUp(const feature::Program& program);
  /// From now on a copy of what comes is kept for Adopt(), so that the last of it need not be read from the journal. What came before is in
  /// the journal when this answers: it waits for one group commit.
  Result<void> Listen();
  /// Makes what was learned part of the feature state. Errors: kAborted (something is missing in it: begin again).
  Result<void> Adopt(WarmUp&& warm_up);
  /// All of it at once, for a machine that was built anew: nothing is answered then anyway.
  Result<void> Warm(const feature::Program& program);

  /// After a failed write: opens the journal again and builds the machine from what is on the disk, on a thread of its own; until that is
  /// done it answers what failed. The machine as it was goes on computing features meanwhile.
  Result<void> RecoverIfBroken();
  std::uint64_t life() const { return life_; }  ///< Changes when the machine was built anew: programs must be warmed again.
  /// Cards of models that scored; filled by the deployment. Any thread.
  void Know(const Digest& model, std::shared_ptr<const train::ModelCard> card);

 private:
  Core(const Site::Options& options, Files& files, queue::Queue& queue) : options_(options), files_(files), queue_(queue) {}
  std::shared_ptr<const train::ModelCard> CardOf(const Digest& model);
  /// What is built from the disk.
  struct Parts {
    std::unique_ptr<Journal> journal;
    std::unique_ptr<ScoreLog> log;
    std::unique_ptr<Machine> machine;
    LeftEffects left;  // a queue that is full has no room for these
  };
  Result<Parts> Build();  // any thread: changes nothing here
  Result<Parts> BuildOnce();
  Result<std::uint64_t> LoadSnapshot(Parts& parts);
  Result<void> Replay(Parts& parts, std::uint64_t after);
  void Install(Parts parts);
  void BeginRecovery();
  Machine::Options MachineOptions();
  void Hear(const Entry& entry);

  const Site::Options& options_;
  Files& files_;
  queue::Queue& queue_;
  std::mutex cards_mutex_;
  std::map<Digest, std::shared_ptr<const train::ModelCard>> cards_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ScoreLog> log_;
  std::unique_ptr<ScoreLog> named_log_;                 // of the HTTP thread, while the committer writes; opened when it is needed
  std::unordered_set<LineageId, LineageIdHash> named_;  // rows that may not be in the score log yet, and maybe others
  std::unique_ptr<Machine> machine_;
  std::atomic<std::int64_t> settled_{0};      // milliseconds, by the committer's thread
  std::unique_ptr<Committer> committer_;      // last: its thread uses the others
  std::uint64_t taken_ = 0;                   // position of the last entry taken, on the disk or not
  std::optional<std::uint64_t> heard_after_;  // while somebody listens: the position behind which heard_ begins
  std::vector<RecordsEntry> heard_;
  std::chrono::steady_clock::time_point next_try_;  // of a recovery
  std::chrono::milliseconds pause_{0};
  std::optional<Error> failure_;  // what is answered until then
  std::uint64_t since_snapshot_ = 0;
  std::uint64_t life_ = 0;
  std::future<Result<Parts>> recovery_;  // under way; last: its thread uses the others
};

}  // namespace edgewise::site
