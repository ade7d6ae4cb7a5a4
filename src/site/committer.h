#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "queue/queue.h"
#include "site/journal.h"
#include "site/machine.h"
#include "site/score_log.h"

namespace edgewise::site {

/// Effects of entries that are in the journal, by position, ascending: not in queue and score log yet.
using LeftEffects = std::vector<std::pair<std::uint64_t, Effects>>;

/// One change of the machine on its way to the disk.
struct Change {
  std::string entry;                       ///< Encode()d; empty: nothing to write, `done` is called when all that was added before is safe.
  Effects effects;                         ///< What it brought about.
  std::function<void(Result<void>)> done;  ///< Called on the committer's thread when the entry has reached the disk, or cannot.
  EventTime clock;                         ///< The machine's, after the entry.
};

/// Brings changes to the disk on a thread of its own: journal and sync for many at once, then the answers, then the effects into queue and
/// score log. Effects can be derived again from the journal, so nobody waits for them; they carry the position they came from.
/// After a failed journal write everything is refused (broken()): the site rebuilds its machine and makes a new committer.
/// Threads: Add(), AddSnapshot() and Drain() any one thread at a time.
class Committer {
 public:
  struct Parts {
    Journal& journal;
    queue::Queue& queue;
    ScoreLog& log;
    Files& files;
    std::filesystem::path snapshot;                             ///< File that holds the newest snapshot.
    std::function<void(EventTime)> settled = [](EventTime) {};  ///< Everything up to this clock is in journal, queue and score log.
  };
  /// `left` is put first; `clock` is the machine's after it.
  explicit Committer(Parts parts, LeftEffects left = {}, EventTime clock = {});
  ~Committer();  ///< Finishes what was added.

  void Add(Change change);
  /// The machine as it is after the last Add(): written when all effects up to there are in queue and score log.
  void AddSnapshot(std::string machine);
  /// Until all that was added is on the disk, effects too. Errors: what keeps it from being so; kDeadlineExceeded.
  Result<void> Drain(Deadline deadline);
  std::optional<Error> broken() const;  ///< What failed.
  std::size_t backlog() const;          ///< Changes not in the journal yet, and effects not in queue and score log.

 private:
  struct Pending {
    Change change;
    std::optional<std::string> snapshot;
    std::uint64_t position = 0;  ///< In the journal, of this change or the last one before it.
  };
  struct Derived {
    std::uint64_t position = 0;
    Effects effects;
    std::optional<std::string> snapshot;
  };

  void Run();
  Result<void> WriteBatch(std::vector<Pending>& batch);
  Result<void> Settle();

  Parts parts_;
  std::deque<Derived> derived_;  // committer thread only
  EventTime written_;            // likewise: the clock of the last change in the journal
  std::size_t derived_count_ = 0;
  std::chrono::steady_clock::time_point settled_at_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<Pending> pending_;
  std::size_t waiting_effects_ = 0;  // derived_count_, for others to see
  std::size_t in_hand_ = 0;          // changes that are being written
  bool busy_ = false;                // a batch is in hand, or effects are
  bool drain_ = false;               // somebody waits
  bool stop_ = false;
  std::optional<Error> broken_;
  std::optional<Error> trouble_;  // the last thing that kept effects from the disk
  std::thread thread_;
};

/// "edgewise.snapshot.v1\n", position, digest and the machine's bytes.
std::string EncodeSnapshot(std::uint64_t position, std::string_view machine);
struct Snapshot {
  std::uint64_t position = 0;
  std::string machine;
};
/// Errors: kDataLoss, kFailedPrecondition (newer format).
Result<Snapshot> DecodeSnapshot(std::string_view bytes);

/// Puts effects, each with its entry's position, ascending, into queue and log; what they have already is passed over. Into
/// a queue that is full go as many as fit.
Result<void> PutEffects(std::span<const std::pair<std::uint64_t, const Effects*>> effects, queue::Queue& queue, ScoreLog& log);

}  // namespace edgewise::site
