#include <gmock/gmock.h>

#include "score/repository_rig_test.h"
#include "score/test_folder_test.h"

namespace edgewise::score::test {
namespace {

using testing::ElementsAre;

constexpr std::size_t kModels = 30;
constexpr std::size_t kFit = 20;

std::string Name(std::size_t i) { return "m" + std::to_string(i); }

std::size_t Loaded(const ModelRepository& repository) {
  return static_cast<std::size_t>(std::ranges::count(repository.Index(), "READY", &ModelRepository::Entry::state));
}

std::future<Result<void>> Warm(ModelRepository& repository, const std::string& model) {
  auto promise = std::make_shared<std::promise<Result<void>>>();  // shared with the callback
  auto future = promise->get_future();
  repository.Warm(model, [promise](Result<void> result) { promise->set_value(std::move(result)); });
  return future;
}

/// As a protocol does: a cold model is warmed, then asked again.
Answer ScoreWarm(ModelRepository& repository, const std::string& model, float value) {
  auto answer = Score(repository, model, value);
  if (answer.code != Code::kAborted) return answer;
  const auto warmed = Warm(repository, model).get();
  EXPECT_TRUE(warmed) << warmed.error().message;
  return Score(repository, model, value);
}

RepositoryRig& Fill(RepositoryRig& rig) {
  rig.options.memory_budget = kFit * 1000;  // a fake says that it holds 1000 bytes
  for (std::size_t i = 0; i < kModels; ++i) rig.Put(Name(i) + "/1/model.onnx", std::to_string(i));
  return rig;
}

TEST(MemoryBudget, ThousandModelsAreKnownAndTheBudgetHolds) {
  constexpr std::size_t kThousand = 1000;
  const TestFolder folder;
  for (std::size_t i = 0; i < kThousand; ++i) folder.Put(Name(i) + "/1/model.onnx", std::to_string(i));
  RepositoryRig rig;
  rig.options.memory_budget = kFit * 1000;
  const auto opened = ModelRepository::Open(SystemFiles(), folder.path, rig.options);
  ASSERT_TRUE(opened) << opened.error().message;
  auto& repository = **opened;
  EXPECT_EQ(rig.opened(), 0U);
  EXPECT_EQ(repository.Index().size(), kThousand);
  EXPECT_EQ(Score(repository, Name(7), 1).code, Code::kAborted);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_THAT(ScoreWarm(repository, Name(i), 1).values, ElementsAre(static_cast<float>(i + 1)));
    EXPECT_LE(Loaded(repository), kFit);
  }
  EXPECT_EQ(rig.opened(), 100U);
  EXPECT_EQ(Loaded(repository), kFit);
}

TEST(MemoryBudget, TheLeastRecentlyUsedGoes) {
  RepositoryRig rig;
  const auto repository = Fill(rig).Open();
  for (std::size_t i = 0; i < kFit; ++i) ScoreWarm(*repository, Name(i), 1);
  EXPECT_THAT(Score(*repository, Name(0), 1).values, ElementsAre(1));  // so that 1 is the oldest now
  ScoreWarm(*repository, Name(kFit), 1);
  EXPECT_EQ(Score(*repository, Name(1), 1).code, Code::kAborted);
  EXPECT_THAT(Score(*repository, Name(0), 1).values, ElementsAre(1));
}

TEST(MemoryBudget, RequestsForTheSameColdModelShareOneLoad) {
  RepositoryRig rig;
  const auto repository = Fill(rig).Open();
  const auto engine = rig.Engine("5");
  engine->Hold();
  std::vector<std::future<Result<void>>> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(Warm(*repository, Name(5)));
  ASSERT_TRUE(engine->WaitUntilHeld(1, Soon()));
  EXPECT_EQ(Score(*repository, Name(5), 1).code, Code::kAborted);
  engine->Release();
  for (auto& result : waiting) EXPECT_TRUE(result.get());
  EXPECT_EQ(rig.opened(), 1U);
}

TEST(MemoryBudget, WhatCannotBeLoadedSaysSoAndIsNotTriedByEachRequest) {
  RepositoryRig rig;
  Fill(rig).Put("m5/1/model.onnx", "broken");
  rig.Engine("6")->SetBytes(rig.options.memory_budget + 1);
  const auto repository = rig.Open();
  EXPECT_EQ(Warm(*repository, "m5").get().error().code, Code::kInvalidArgument);
  EXPECT_EQ(Score(*repository, "m5", 1).code, Code::kUnavailable);
  EXPECT_EQ(Warm(*repository, "m6").get().error().code, Code::kFailedPrecondition) << "trying again cannot help";
  EXPECT_EQ(Score(*repository, "m6", 1).code, Code::kUnavailable);
  EXPECT_EQ(Warm(*repository, "nobody").get().error().code, Code::kNotFound);
  rig.Put("m5/1/model.onnx", "5");
  EXPECT_TRUE(repository->Load("m5"));
  EXPECT_THAT(Score(*repository, "m5", 1).values, ElementsAre(6));
}

TEST(MemoryBudget, ARequestInFlightKeepsWhatIsLetGo) {
  RepositoryRig rig;
  rig.options.memory_budget = 1000;
  rig.Put("a/1/model.onnx", "1");
  rig.Put("b/1/model.onnx", "2");
  const auto repository = rig.Open();
  ScoreWarm(*repository, "a", 1);
  const auto held = repository->Find("a", "", "");
  ScoreWarm(*repository, "b", 1);
  EXPECT_EQ(Score(*repository, "a", 1).code, Code::kAborted);
  auto job = Row(3);
  auto answer = job->answer();
  held->version->Run(0, *job);
  EXPECT_THAT(answer.get().values, ElementsAre(4));
}

}  // namespace
}  // namespace edgewise::score::test
