#include "score/loaded_version.h"

#include <gmock/gmock.h>

#include <cstring>
#include <thread>

#include "score/repository_rig_test.h"

namespace edgewise::score::test {
namespace {

using detail::WorkerPool;
using std::chrono::microseconds;
using testing::ElementsAre;

/// Refuses rows that begin with a negative number, and the whole run with them.
class PickyEngine final : public ModelEngine {
 public:
  explicit PickyEngine(std::shared_ptr<FakeModelEngine> fake) : fake_(std::move(fake)) {}
  const Signature& signature() const override { return fake_->signature(); }
  std::size_t bytes() const override { return fake_->bytes(); }
  Result<std::unique_ptr<Runner>> MakeRunner() const override {
    EDGEWISE_ASSIGN(auto runner, fake_->MakeRunner());
    return std::make_unique<PickyRunner>(std::move(runner));
  }

 private:
  class PickyRunner final : public Runner {
   public:
    explicit PickyRunner(std::unique_ptr<Runner> runner) : runner_(std::move(runner)) {}
    Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
      auto result = runner_->Run(inputs, outputs);
      const std::size_t row = 2 * sizeof(float);
      for (std::size_t at = 0; at < inputs[0].bytes.size(); at += row) {
        float first = 0;
        std::memcpy(&first, inputs[0].bytes.data() + at, sizeof(float));
        if (first < 0) return Fail(Code::kInvalidArgument, "negative");
      }
      return result;
    }
    void Stop() override { runner_->Stop(); }

   private:
    std::unique_ptr<Runner> runner_;
  };
  std::shared_ptr<FakeModelEngine> fake_;  // shared with the test
};

struct Rig {
  explicit Rig(WorkerPool::Options options = {.first_worker = 1}) : pool(std::make_shared<WorkerPool>(options)) {}

  ~Rig() { pool->Stop(); }  // or a worker would be the last to hold it
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  std::shared_ptr<LoadedVersion> Make(std::shared_ptr<FakeModelEngine> engine, ModelSettings settings = {},
                                      std::optional<detail::RunCost> cost = std::nullopt) {
    LoadedVersion::Parts parts;
    parts.engine = std::make_unique<PickyEngine>(std::move(engine));
    parts.settings = std::move(settings);
    parts.cost = cost;
    parts.pool = pool;
    parts.idle_pool = pool;
    parts.watchdog = watchdog;
    return std::make_shared<LoadedVersion>(std::move(parts));
  }
  std::shared_ptr<WorkerPool> pool;  // shared with the versions
  std::shared_ptr<detail::Watchdog> watchdog = std::make_shared<detail::Watchdog>(3);
  std::shared_ptr<FakeModelEngine> fake = std::make_shared<FakeModelEngine>(2);
};

std::future<Answer> Submit(LoadedVersion& version, std::unique_ptr<RowsJob> job) {
  auto answer = job->answer();
  EXPECT_TRUE(version.Submit(std::move(job)));
  return answer;
}

/// One request at work, and the engine held: what is submitted next waits.
std::future<Answer> Occupy(LoadedVersion& version, FakeModelEngine& fake) {
  fake.Hold();
  auto answer = Submit(version, Row(0));
  EXPECT_TRUE(fake.WaitUntilHeld(1, Soon()));
  return answer;
}

TEST(LoadedVersion, RunsAJobOnTheCallersThreadAndCountsIt) {
  Rig rig;
  const auto version = rig.Make(rig.fake);
  auto job = std::make_unique<RowsJob>(std::vector<float>{1, 2, 3, 4}, 2);
  auto answer = job->answer();
  version->Run(0, *job);
  EXPECT_THAT(answer.get().values, ElementsAre(3, 7));
  auto& counted = version->statistics();
  EXPECT_EQ(counted.rows, 2U);
  EXPECT_EQ(counted.executions, 1U);
  EXPECT_EQ(counted.infer.count, 1U);
  EXPECT_EQ(counted.queue.count, 1U);
  EXPECT_EQ(counted.batches[0].rows, 2U);
  EXPECT_EQ(counted.batches[0].infer.count, 1U);
  EXPECT_GT(counted.last_inference, 0);
}

TEST(LoadedVersion, RunsInlineWhatIsCheapAsMeasuredAndAsSeen) {
  Rig rig;
  const auto cheap = rig.Make(rig.fake, {}, detail::RunCost{.first = microseconds(50), .further = microseconds(50), .good_rows = 1});
  EXPECT_TRUE(cheap->RunsInline(1));
  EXPECT_TRUE(cheap->RunsInline(7));
  EXPECT_FALSE(cheap->RunsInline(9));
  EXPECT_FALSE(rig.Make(rig.fake)->RunsInline(1)) << "nothing is known of its cost";
  EXPECT_TRUE(rig.Make(rig.fake, {.where = ModelSettings::Where::kInputThread})->RunsInline(1000));
  EXPECT_FALSE(rig.Make(rig.fake, {.where = ModelSettings::Where::kWorkers}, detail::RunCost{.first = microseconds(1)})->RunsInline(1));
}

TEST(LoadedVersion, WaitingRequestsAreJoinedUpToTheGoodSizeAndCutApart) {
  Rig rig;
  const auto version = rig.Make(rig.fake, {.join_rows = 3});
  std::vector<std::future<Answer>> answers;
  answers.push_back(Occupy(*version, *rig.fake));
  for (float i = 1; i <= 4; ++i) answers.push_back(Submit(*version, Row(i, 10)));
  rig.fake->Release();
  for (float i = 1; i <= 4; ++i) {
    const auto answer = answers[static_cast<std::size_t>(i)].get();
    EXPECT_THAT(answer.values, ElementsAre(i + 10));
    EXPECT_EQ(answer.times.batch_rows, i <= 3 ? 3U : 1U);
  }
  EXPECT_THAT(rig.fake->runs(), ElementsAre(1, 3, 1));
  version->Submit(Row(0)).value();
  rig.pool->Stop();
  EXPECT_EQ(version->statistics().rows, version->statistics().queue.count);
}

TEST(LoadedVersion, OnlyRequestsOfOneShapeAreJoinedAndTheirOrderIsKept) {
  Rig rig;
  const auto version = rig.Make(rig.fake, {.join_rows = 100});
  const auto first = Occupy(*version, *rig.fake);
  auto one = Submit(*version, Row(1));
  auto wrong = Submit(*version, std::make_unique<RowsJob>(std::vector<float>{1, 2, 3}, 1));
  auto two = Submit(*version, Row(2));
  rig.fake->Release();
  EXPECT_THAT(one.get().values, ElementsAre(1));
  EXPECT_EQ(wrong.get().code, Code::kInvalidArgument);
  EXPECT_THAT(two.get().values, ElementsAre(2));
  EXPECT_THAT(rig.fake->runs(), ElementsAre(1, 1, 1));
}

TEST(LoadedVersion, ABadRequestFailsAlone) {
  Rig rig;
  const auto version = rig.Make(rig.fake, {.join_rows = 100});
  const auto first = Occupy(*version, *rig.fake);
  auto good = Submit(*version, Row(1));
  auto bad = Submit(*version, Row(-1));
  auto other = Submit(*version, Row(2));
  rig.fake->Release();
  EXPECT_THAT(good.get().values, ElementsAre(1));
  EXPECT_EQ(bad.get().code, Code::kInvalidArgument);
  EXPECT_THAT(other.get().values, ElementsAre(2));
  EXPECT_THAT(rig.fake->runs(), ElementsAre(1, 3, 1, 1, 1));
}

TEST(LoadedVersion, AFullQueueRefusesAndForgets) {
  Rig rig({.first_worker = 1, .queue_jobs = 2});
  const auto version = rig.Make(rig.fake);
  const auto first = Occupy(*version, *rig.fake);
  auto one = Submit(*version, Row(1));
  auto two = Submit(*version, Row(2));
  auto third = Row(3);
  auto dropped = third->answer();
  const auto refused = version->Submit(std::move(third));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_THROW(dropped.get(), std::future_error) << "Done() must not be called";
  EXPECT_EQ(version->statistics().rejected, 1U);
  rig.fake->Release();
  EXPECT_THAT(one.get().values, ElementsAre(1));
  EXPECT_THAT(two.get().values, ElementsAre(2));
  EXPECT_TRUE(version->Submit(Row(4)));
}

TEST(LoadedVersion, BytesThatWaitAreBounded) {
  Rig rig({.first_worker = 1, .queue_bytes = 10'000});
  const auto version = rig.Make(rig.fake);
  const auto first = Occupy(*version, *rig.fake);
  auto waits = Submit(*version, std::make_unique<RowsJob>(std::vector<float>(2000), 1000));
  EXPECT_EQ(version->Submit(std::make_unique<RowsJob>(std::vector<float>(2000), 1000)).error().code, Code::kResourceExhausted);
  auto small = Submit(*version, Row(1));
  rig.fake->Release();
  EXPECT_EQ(waits.get().values.size(), 1000U);
  EXPECT_THAT(small.get().values, ElementsAre(1));
}

TEST(LoadedVersion, WhatIsLateIsNotRun) {
  Rig rig;
  const auto version = rig.Make(rig.fake, {.join_rows = 100});
  const auto first = Occupy(*version, *rig.fake);
  auto job = Row(1);
  job->deadline = Deadline::After(std::chrono::seconds(-1));
  auto late = Submit(*version, std::move(job));
  auto good = Submit(*version, Row(2));
  rig.fake->Release();
  EXPECT_EQ(late.get().code, Code::kDeadlineExceeded);
  EXPECT_THAT(good.get().values, ElementsAre(2));
  auto inline_job = Row(1);
  inline_job->deadline = Deadline::After(std::chrono::seconds(-1));
  auto inline_answer = inline_job->answer();
  version->Run(0, *inline_job);
  EXPECT_EQ(inline_answer.get().code, Code::kDeadlineExceeded);
  EXPECT_EQ(version->statistics().late, 2U);
  EXPECT_THAT(rig.fake->runs(), ElementsAre(1, 1));
}

TEST(LoadedVersion, ModelsTakeTurns) {
  Rig rig;
  const auto busy = rig.Make(rig.fake, {.join_rows = 1});
  const auto other = rig.Make(std::make_shared<FakeModelEngine>(2), {.join_rows = 1});
  std::vector<int> order;  // the one worker's
  const auto first = Occupy(*busy, *rig.fake);
  std::vector<std::future<Answer>> answers;
  for (const int number : {1, 2, 3, 4}) {
    auto job = Row(0);
    job->then = [&order, number](const auto&) { order.push_back(number); };
    answers.push_back(Submit(number == 4 ? *other : *busy, std::move(job)));
  }
  rig.fake->Release();
  for (auto& answer : answers) answer.wait();
  EXPECT_THAT(order, ElementsAre(1, 4, 2, 3));
}

TEST(LoadedVersion, StoppingFinishesWhatRunsAndAnswersWhatWaits) {
  Rig rig;
  const auto version = rig.Make(rig.fake);
  auto running = Occupy(*version, *rig.fake);
  auto waiting = Submit(*version, Row(1));
  std::jthread stop([&] { rig.pool->Stop(); });
  EXPECT_EQ(waiting.get().code, Code::kUnavailable);
  EXPECT_EQ(version->Submit(Row(2)).error().code, Code::kUnavailable);
  rig.fake->Release();
  EXPECT_THAT(running.get().values, ElementsAre(0));
}

}  // namespace
}  // namespace edgewise::score::test
