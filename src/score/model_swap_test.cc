#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "score/made_model_test.h"
#include "score/repository_rig_test.h"
#include "score/test_folder_test.h"

namespace edgewise::score::test {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(ModelSwap, NoRequestFailsWhileVersionsChange) {
  constexpr std::size_t kThreads = 4;
  constexpr int kSwaps = 50;
  const int least = kSanitized ? 2'000 : 10'000;
  RepositoryRig rig;
  rig.options.threads = kThreads;
  rig.options.queue_jobs = 100'000;
  rig.Put("m/1/model.onnx", "1000");
  const auto repository = rig.Open();
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::atomic<bool> swapped{false};
  {
    std::vector<std::jthread> clients;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      clients.emplace_back([&, thread] {
        float newest = 1000;
        for (int i = 0; !swapped || answered < least; ++i) {
          const auto choice = repository->Find("m", "", "");
          auto job = Row(1);
          auto answer = job->answer();
          const bool on_worker = choice && i % 8 == 0;
          if (choice && !on_worker) choice->version->Run(thread, *job);
          const bool good = choice && (!on_worker || choice->version->Submit(std::move(job)));
          const auto values = good ? answer.get().values : std::vector<float>();
          if (values.size() != 1 || values[0] < newest) ++failed;  // versions only rise
          if (values.size() == 1) newest = values[0] - 1;
          ++answered;
        }
      });
    }
    for (int swap = 1; swap <= kSwaps; ++swap) {
      rig.Put("m/1/model.onnx", std::to_string(1000 + 10 * swap));
      EXPECT_TRUE(repository->Load("m"));
    }
    swapped = true;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_GE(answered, least);
  EXPECT_THAT(Score(*repository, "m", 0).values, testing::ElementsAre(1000 + 10 * kSwaps));
}

std::size_t ResidentPages() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident;
}

/// What was let go before has been taken apart when this returns.
void WaitForRelease(ModelRepository& repository) {
  std::promise<void> done;
  repository.Warm("nobody", [&](const Result<void>&) { done.set_value(); });
  done.get_future().wait();
}

std::string LargeOnnx() {
  auto forest = MadeForest(20);
  for (int i = 0; i < 2000; ++i) forest.trees.push_back(forest.trees[static_cast<std::size_t>(i) % 2]);
  return train::WriteOnnx(forest);
}

TEST(ModelSwap, LoadingAndUnloadingARealModelGivesTheMemoryBack) {
  const int rounds = kSanitized ? 10 : 200;
  constexpr int kWarmUp = 20;
  const TestFolder folder;
  folder.Put("trees/1/model.onnx", LargeOnnx());
  const auto repository = ModelRepository::Open(SystemFiles(), folder.path, {});
  ASSERT_TRUE(repository) << repository.error().message;
  std::size_t before = 0;
  for (int round = 0; round < kWarmUp + rounds; ++round) {
    if (round == kWarmUp) before = ResidentPages();
    const auto loaded = (*repository)->Load("trees");
    ASSERT_TRUE(loaded) << loaded.error().message;
    {
      const auto choice = (*repository)->Find("trees", "", "");
      auto job = std::make_unique<RowsJob>(std::vector<float>(20), 1);
      auto answer = job->answer();
      choice->version->Run(0, *job);
      ASSERT_FALSE(answer.get().values.empty());
    }
    ASSERT_TRUE((*repository)->Unload("trees"));
    WaitForRelease(**repository);
  }
  if (kSanitized) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  const auto growth = static_cast<double>(ResidentPages()) / static_cast<double>(before) - 1;
  std::printf("resident pages: %zu before, growth %.2f %%\n", before, 100 * growth);
  EXPECT_LT(growth, 0.02);
}

}  // namespace
}  // namespace edgewise::score::test
