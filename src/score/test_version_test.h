#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "score/detail/side_thread.h"
#include "score/fake_model_engine.h"
#include "score/model_version.h"

namespace edgewise::score {

/// A version over a FakeModelEngine: runs where it is told, or on a thread of its own.
class TestVersion final : public ModelVersion {
 public:
  TestVersion(std::string model, std::shared_ptr<FakeModelEngine> made) : engine(std::move(made)), model_(std::move(model)) {
    for (int i = 0; i < 4; ++i) runners_.push_back(engine->MakeRunner().value());
  }
  const std::string& model() const override { return model_; }
  const std::string& version() const override { return version_; }
  const Signature& signature() const override { return engine->signature(); }
  const std::optional<feature::Program>& program() const override { return program_; }
  NotANumber not_a_number() const override { return NotANumber::kNull; }
  std::size_t max_rows() const override { return 1000; }
  bool RunsInline(std::size_t /*rows*/) const override { return runs_inline; }
  void Run(std::size_t thread, Job& job) override { RunWith(*runners_.at(thread), job); }
  Result<void> Submit(std::unique_ptr<Job> job) override {
    ++submitted;
    if (full) return Fail(Code::kResourceExhausted, "the queue of model \"" + model_ + "\" is full: try again later");
    const std::shared_ptr<Job> shared = std::move(job);
    {
      const std::lock_guard lock(mutex_);
      waiting_.insert(shared.get());
    }
    if (worker_.Do([this, shared] { RunWaiting(*shared); })) return {};
    const std::lock_guard lock(mutex_);
    waiting_.erase(shared.get());
    return Fail(Code::kResourceExhausted, "queue full");
  }
  /// Jobs that wait, and whose clients are seen to have gone.
  std::size_t abandoned() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, [](const Job* job) { return job->Abandoned(); }));
  }
  Statistics& statistics() override { return statistics_; }
  /// Of the job that ran last.
  Deadline last_deadline() const {
    auto left = last_deadline_.load();
    return left == Deadline::Never().time() ? Deadline::Never() : Deadline::After(left - Deadline::Clock::now());
  }

  std::shared_ptr<FakeModelEngine> engine;
  std::atomic<bool> runs_inline{true};
  std::atomic<bool> full{false};
  std::atomic<int> submitted{0};

 private:
  void RunWaiting(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.erase(&job);
    }
    if (job.Abandoned()) return job.Done(Fail(Code::kCancelled, "the client has gone"));
    RunWith(*runners_.back(), job);
  }
  void RunWith(Runner& runner, Job& job) {
    last_deadline_ = job.deadline.time();
    if (job.deadline.Expired()) return job.Done(Fail(Code::kDeadlineExceeded, "too late"));
    statistics_.rows += job.rows;
    ++statistics_.executions;
    job.Done(runner.Run(job.inputs, job.outputs));
  }

  std::string model_;
  std::string version_ = "1";
  std::optional<feature::Program> program_;
  std::atomic<Deadline::Clock::time_point> last_deadline_{Deadline::Never().time()};
  std::vector<std::unique_ptr<Runner>> runners_;
  Statistics statistics_;
  mutable std::mutex mutex_;
  std::set<Job*> waiting_;
  detail::SideThread worker_;
};

}  // namespace edgewise::score
