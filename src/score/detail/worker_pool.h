#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "score/job.h"

namespace edgewise::score::detail {

/// Who runs jobs that waited: a version of a model. Threads: any number of workers, each with its own index.
class JobRunner {
 public:
  virtual ~JobRunner() = default;
  /// Whether `next` may be a part of the run that `first` begins and that has `rows` so far. Quick: the pool's lock is held.
  virtual bool Joins(const Job& first, std::size_t rows, const Job& next) const = 0;
  /// Runs them, never none; Done() was called for each when it returns.
  virtual void RunJobs(std::size_t worker, std::span<const std::unique_ptr<Job>> jobs) = 0;
  virtual void CountLate() = 0;
};

/// Threads for models that are too slow for an I/O thread, with a bounded queue for each of them.
/// Fair: the runners take turns, one run each. Jobs of one runner begin in order; those that are waiting one behind the other may be
/// joined, and nobody waits for others to come. Jobs that are late or abandoned when their turn comes are not run. The threads start with
/// the first job. Errors of Submit: kResourceExhausted (so many jobs or bytes are waiting for this runner), kUnavailable (stopped).
/// Threads: any number.
class WorkerPool {
 public:
  struct Options {
    std::size_t threads = 1;
    std::size_t first_worker = 0;  ///< Index of the first thread, as RunJobs() gets it.
    std::size_t queue_jobs = 1024;
    std::size_t queue_bytes = 64 << 20;
    bool idle = false;  ///< Only when nothing else on the machine wants the core.
  };

  explicit WorkerPool(Options options) : options_(options) {}
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Fails without a trace: the job is dropped, its Done() not called.
  Result<void> Submit(std::shared_ptr<JobRunner> runner, std::unique_ptr<Job> job);
  /// Answers all that wait with kUnavailable, at once. Runs in progress go on.
  void Close();
  /// Close(), and returns when the runs in progress have finished. Not from a worker.
  void Stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    std::unique_ptr<Job> job;
    std::size_t bytes;
    Time since;
  };
  struct Queue {
    std::shared_ptr<JobRunner> runner;  // shared with the repository and requests; here as long as jobs wait
    std::deque<Waiting> jobs;
    std::size_t bytes = 0;
  };
  struct Turn {
    std::shared_ptr<JobRunner> runner;
    std::vector<std::unique_ptr<Job>> jobs;
    std::vector<std::unique_ptr<Job>> late;
    std::vector<std::unique_ptr<Job>> abandoned;
  };

  void StartThreads();
  void Work(std::size_t worker);
  bool Take(Turn& turn);
  void TakeJobs(Queue& queue, Turn& turn);

  const Options options_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wanted_;
  std::unordered_map<JobRunner*, Queue> queues_;  // those in which jobs wait
  std::deque<JobRunner*> turns_;                  // each of them once
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace edgewise::score::detail
