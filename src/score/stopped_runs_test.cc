// Models that do not end: whoever waits for them is answered, and their threads serve others again.
#include <gmock/gmock.h>

#include "score/repository_rig_test.h"

namespace edgewise::score::test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr milliseconds kShort(100);

/// A repository of one model, "m", whose engine is at hand.
struct StoppedRuns : testing::Test {
  RepositoryRig rig;
  std::shared_ptr<FakeModelEngine> engine = rig.Engine("1");

  std::unique_ptr<ModelRepository> Open() {
    rig.Put("m/1/model.onnx", "1");
    return rig.Open();
  }
  static std::shared_ptr<ModelVersion> Find(ModelRepository& repository) { return repository.Find("m", "", "").value().version; }
  static std::future<Answer> Submit(ModelVersion& version, std::unique_ptr<RowsJob> job) {
    auto answer = job->answer();
    EXPECT_TRUE(version.Submit(std::move(job)));
    return answer;
  }
  static std::unique_ptr<RowsJob> Brief(float value) {
    auto job = Row(value);
    job->deadline = Deadline::After(kShort);
    return job;
  }
};

TEST_F(StoppedRuns, AWorkerIsFreeAgainWhenTheDeadlineOfItsJobHasPassed) {
  const auto repository = Open();
  const auto version = Find(*repository);
  engine->Hold();
  EXPECT_EQ(Submit(*version, Brief(1)).get().code, Code::kDeadlineExceeded);
  engine->Release();
  EXPECT_THAT(Submit(*version, Row(2)).get().values, ElementsAre(3));
  EXPECT_EQ(version->statistics().late, 1U);
}

TEST_F(StoppedRuns, AnInputThreadIsFreeAgainToo) {
  const auto repository = Open();
  const auto version = Find(*repository);
  engine->Hold();
  auto job = Brief(1);
  auto answer = job->answer();
  version->Run(0, *job);
  EXPECT_EQ(answer.get().code, Code::kDeadlineExceeded);
  engine->Release();
  EXPECT_THAT(Score(*repository, "m", 2).values, ElementsAre(3));
}

TEST_F(StoppedRuns, AllThatWereJoinedAreAnswered) {
  rig.Put("m/serving.toml", "join_rows = 10\n");
  const auto repository = Open();
  const auto version = Find(*repository);
  engine->Hold();
  auto job = Row(0);
  job->then = [this](const auto&) { engine->Hold(); };  // before the worker takes those that wait
  auto first = Submit(*version, std::move(job));
  ASSERT_TRUE(engine->WaitUntilHeld(1, Soon()));
  auto one = Submit(*version, Brief(1));
  auto two = Submit(*version, Brief(2));
  engine->Release();
  EXPECT_THAT(first.get().values, ElementsAre(1));
  EXPECT_EQ(one.get().code, Code::kDeadlineExceeded);
  EXPECT_EQ(two.get().code, Code::kDeadlineExceeded);
  engine->Release();
  EXPECT_THAT(Submit(*version, Row(3)).get().values, ElementsAre(4));
}

TEST_F(StoppedRuns, AModelThatDoesNotEndOnZerosIsLoadedAndItsRemarkSaysSo) {
  rig.options.warm_up = milliseconds(10);
  engine->Hold();
  const auto repository = Open();
  ASSERT_NE(repository, nullptr);
  EXPECT_TRUE(repository->ready());
  EXPECT_THAT(repository->Index().at(0).reason, HasSubstr("stopped"));
  EXPECT_FALSE(Find(*repository)->RunsInline(1));
}

TEST_F(StoppedRuns, ARepositoryIsStoppedWhileItsDoorsAreOpen) {
  const auto repository = Open();
  const auto version = Find(*repository);
  engine->Hold();
  auto runs = Submit(*version, Row(1));
  ASSERT_TRUE(engine->WaitUntilHeld(1, Soon()));
  auto waits = Submit(*version, Row(2));
  repository->Stop();
  EXPECT_EQ(waits.get().code, Code::kUnavailable);
  EXPECT_EQ(runs.get().code, Code::kUnavailable);
  EXPECT_FALSE(repository->ready());
  EXPECT_EQ(version->Submit(Row(3)).error().code, Code::kUnavailable);
}

TEST_F(StoppedRuns, ARepositoryThatGoesAnswersWhatRunsAndWhatWaits) {
  auto repository = Open();
  engine->Hold();
  auto version = Find(*repository);
  auto runs = Submit(*version, Row(1));
  ASSERT_TRUE(engine->WaitUntilHeld(1, Soon()));
  auto waits = Submit(*version, Row(2));
  repository.reset();
  EXPECT_EQ(runs.get().code, Code::kUnavailable);
  EXPECT_EQ(waits.get().code, Code::kUnavailable);
  auto late = Row(3);
  auto answer = late->answer();
  version->Run(0, *late);  // somebody holds it still
  EXPECT_EQ(answer.get().code, Code::kUnavailable);
}

}  // namespace
}  // namespace edgewise::score::test
