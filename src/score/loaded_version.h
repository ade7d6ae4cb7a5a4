#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "score/detail/joined_rows.h"
#include "score/detail/warm_up.h"
#include "score/detail/watchdog.h"
#include "score/detail/worker_pool.h"
#include "score/model_settings.h"
#include "score/model_version.h"

namespace edgewise::score {

/// A ModelVersion on an engine and the workers of its repository. Each thread has a Runner of its own, made when it first needs one; all
/// of them go with the version. A run is stopped when the deadline of its job (the last of those joined) has passed, and its Runner made
/// anew. Joined requests that fail are run again one by one, so that the bad one fails alone.
/// What a run costs is watched: a version that proves slower than its warm-up said moves to the workers, and back.
/// Lifecycle: shared from the beginning, as jobs that wait keep it. Threads: as ModelVersion.
class LoadedVersion final : public ModelVersion, public detail::JobRunner, public std::enable_shared_from_this<LoadedVersion> {
 public:
  struct Parts {
    std::string model;
    std::string version = "1";
    std::string title = "1";
    std::unique_ptr<ModelEngine> engine;
    std::optional<feature::Program> program;
    ModelSettings settings;
    std::optional<detail::RunCost> cost;  ///< Nothing: not known before requests come.
    std::size_t max_rows = 16384;
    std::size_t threads = 1;  ///< I/O threads, then workers, then one idle thread: the indices of Run() and RunJobs().
    std::size_t workers = 1;
    std::shared_ptr<detail::WorkerPool> pool;       // shared by all versions of a repository
    std::shared_ptr<detail::WorkerPool> idle_pool;  // likewise; for shadows
    std::shared_ptr<detail::Watchdog> watchdog;     // likewise; a slot for each of the threads
  };

  explicit LoadedVersion(Parts parts);

  const std::string& model() const override { return parts_.model; }
  const std::string& version() const override { return parts_.version; }
  const std::string& title() const override { return parts_.title; }
  const Signature& signature() const override { return parts_.engine->signature(); }
  const std::optional<feature::Program>& program() const override { return parts_.program; }
  NotANumber not_a_number() const override { return parts_.settings.not_a_number; }
  std::size_t max_rows() const override { return parts_.max_rows; }
  std::size_t bytes() const { return parts_.engine->bytes(); }

  bool RunsInline(std::size_t rows) const override;
  void Run(std::size_t thread, Job& job) override;
  Result<void> Submit(std::unique_ptr<Job> job) override;
  Result<void> SubmitIdle(std::unique_ptr<Job> job) override;
  Statistics& statistics() override { return statistics_; }

  bool Joins(const Job& first, std::size_t rows, const Job& next) const override;
  void RunJobs(std::size_t worker, std::span<const std::unique_ptr<Job>> jobs) override;
  void CountLate() override { statistics_.late.fetch_add(1, std::memory_order_relaxed); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  /// What belongs to one thread alone.
  struct alignas(64) Place {
    std::unique_ptr<Runner> runner;
    detail::JoinedRows joined;
    detail::Watchdog::Slot* slot = nullptr;
  };

  Result<Runner*> RunnerOf(Place& place);
  void RunOne(Place& place, Job& job, Time begin);
  void AnswerStopped(Place& place, Job& job);
  bool RunJoined(Place& place, std::span<const std::unique_ptr<Job>> jobs);
  void CountRequest(const Job& job);
  void CountRun(std::size_t rows, std::chrono::nanoseconds input, std::chrono::nanoseconds infer, std::chrono::nanoseconds output);

  Parts parts_;
  const detail::RunCost cost_;
  std::atomic<float> slowness_{1};  ///< What a run took, as multiple of what the warm-up says; smoothed.
  std::atomic<bool> joins_{false};
  Statistics statistics_;
  std::vector<Place> places_;  ///< Of I/O threads, then workers; dies before the engine does.
};

}  // namespace edgewise::score
