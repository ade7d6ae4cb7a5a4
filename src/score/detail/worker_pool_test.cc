#include "score/detail/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>

namespace edgewise::score::detail {
namespace {

/// Answers nothing; runs one job after another, but not before Release().
class HeldRunner final : public JobRunner {
 public:
  bool Joins(const Job& /*first*/, std::size_t /*rows*/, const Job& /*next*/) const override { return false; }
  void RunJobs(std::size_t /*worker*/, std::span<const std::unique_ptr<Job>> jobs) override {
    ++begun;
    begun.notify_all();
    held.wait(true);
    for (const auto& job : jobs) job->Done(std::span<const TensorView>());
  }
  void CountLate() override { ++late; }
  void Release() {
    held = false;
    held.notify_all();
  }

  std::atomic<int> begun{0}, late{0};
  std::atomic<bool> held{true};
};

class CountedJob final : public Job {
 public:
  CountedJob(std::atomic<int>& cancelled, std::atomic<int>& answered, const std::atomic<bool>& abandoned)
      : cancelled_(cancelled), answered_(answered), abandoned_(abandoned) {}
  bool Abandoned() const override { return abandoned_; }
  void Done(const Result<std::span<const TensorView>>& result) override {
    if (!result && result.error().code == Code::kCancelled) ++cancelled_;
    if (result) ++answered_;
    answered_.notify_all();
  }

 private:
  std::atomic<int>& cancelled_;
  std::atomic<int>& answered_;
  const std::atomic<bool>& abandoned_;
};

TEST(WorkerPool, JobsThatAreAbandonedWhileTheyWaitAreNotRun) {
  constexpr int kJobs = 50;
  std::atomic<int> cancelled{0}, answered{0};
  const std::atomic<bool> stays{false};
  std::atomic<bool> goes{false};
  const auto runner = std::make_shared<HeldRunner>();
  WorkerPool pool({});
  const auto submit = [&](const std::atomic<bool>& abandoned) {
    EXPECT_TRUE(pool.Submit(runner, std::make_unique<CountedJob>(cancelled, answered, abandoned)));
  };
  submit(goes);  // runs when its client goes: it is answered all the same
  runner->begun.wait(0);
  for (int i = 0; i < kJobs; ++i) submit(goes);
  submit(stays);
  goes = true;
  runner->Release();
  for (int seen = answered; seen < 2; seen = answered) answered.wait(seen);
  EXPECT_EQ(cancelled, kJobs);
  EXPECT_EQ(runner->begun, 2);
  EXPECT_EQ(runner->late, 0);
  pool.Stop();
}

}  // namespace
}  // namespace edgewise::score::detail
