#include "score/detail/worker_pool.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace edgewise::score::detail {
namespace {

constexpr int kLowestPriority = 19;

std::size_t BytesOf(const Job& job) {
  std::size_t bytes = sizeof(Job);
  for (const auto& input : job.inputs) {
    bytes += input.bytes.size() + input.strings.size() * sizeof(std::string_view);
    for (const auto text : input.strings) bytes += text.size();
  }
  return bytes;
}

}  // namespace

Result<void> WorkerPool::Submit(std::shared_ptr<JobRunner> runner, std::unique_ptr<Job> job) {
  const std::size_t bytes = BytesOf(*job);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Fail(Code::kUnavailable, "the server is stopping");
    auto* key = runner.get();
    const auto found = queues_.find(key);
    if (found != queues_.end() && found->second.jobs.size() >= options_.queue_jobs) {
      return Fail(Code::kResourceExhausted, fmt::format("{} requests are waiting for this model: try again later", options_.queue_jobs));
    }
    if ((found == queues_.end() ? 0 : found->second.bytes) + bytes > options_.queue_bytes) {
      return Fail(Code::kResourceExhausted,
                  fmt::format("{} bytes of requests may wait for this model: try again later", options_.queue_bytes));
    }
    Queue& queue = found == queues_.end() ? queues_[key] : found->second;
    if (queue.jobs.empty()) {
      queue.runner = std::move(runner);
      turns_.push_back(key);
    }
    queue.jobs.push_back({std::move(job), bytes, std::chrono::steady_clock::now()});
    queue.bytes += bytes;
    if (threads_.empty()) StartThreads();
  }
  wanted_.notify_one();
  return {};
}

void WorkerPool::StartThreads() {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, i] { Work(options_.first_worker + i); });
  }
}

void WorkerPool::Work(std::size_t worker) {
  // On Linux a thread's own; refused or not, the work is the same.
  if (options_.idle) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowestPriority);
  Turn turn;
  while (Take(turn)) {
    for (const auto& job : turn.late) {
      turn.runner->CountLate();
      job->Done(Fail(Code::kDeadlineExceeded, "the deadline passed while the request was waiting for a worker"));
    }
    for (const auto& job : turn.abandoned) job->Done(Fail(Code::kCancelled, "the client has gone"));
    if (!turn.jobs.empty()) turn.runner->RunJobs(worker, turn.jobs);
    turn.late.clear();
    turn.abandoned.clear();
    turn.jobs.clear();
    turn.runner.reset();
  }
}

bool WorkerPool::Take(Turn& turn) {
  std::unique_lock lock(mutex_);
  wanted_.wait(lock, [&] { return stopping_ || !turns_.empty(); });
  if (stopping_) return false;
  JobRunner* const key = turns_.front();
  turns_.pop_front();
  Queue& queue = queues_[key];
  turn.runner = queue.runner;
  TakeJobs(queue, turn);
  if (queue.jobs.empty()) {
    queues_.erase(key);
  } else {
    turns_.push_back(key);
    wanted_.notify_one();
  }
  return true;
}

void WorkerPool::TakeJobs(Queue& queue, Turn& turn) {
  const auto now = std::chrono::steady_clock::now();
  std::size_t rows = 0;
  while (!queue.jobs.empty()) {
    Waiting& next = queue.jobs.front();
    auto& jobs = next.job->Abandoned() ? turn.abandoned : next.job->deadline.time() <= now ? turn.late : turn.jobs;
    const bool runs = &jobs == &turn.jobs;
    if (runs && !jobs.empty() && !turn.runner->Joins(*jobs.front(), rows, *next.job)) return;
    next.job->times.queue = now - next.since;
    rows += runs ? next.job->rows : 0;
    queue.bytes -= next.bytes;
    jobs.push_back(std::move(next.job));
    queue.jobs.pop_front();
  }
}

void WorkerPool::Close() {
  std::unordered_map<JobRunner*, Queue> waiting;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting.swap(queues_);
    turns_.clear();
  }
  wanted_.notify_all();
  for (auto& [key, queue] : waiting) {
    for (const auto& entry : queue.jobs) entry.job->Done(Fail(Code::kUnavailable, "the server is stopping"));
  }
}

void WorkerPool::Stop() {
  Close();
  std::vector<std::jthread> threads;  // dies after the lock, and joins them
  const std::lock_guard lock(mutex_);
  threads.swap(threads_);
}

}  // namespace edgewise::score::detail
