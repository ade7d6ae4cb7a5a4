#include <gmock/gmock.h>

#include <map>

#include "score/repository_rig_test.h"
#include "score/shadow.h"

namespace edgewise::score::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Versions 1, 2 and 3 of a model that add 100, 200 and 300.
std::unique_ptr<ModelRepository> OpenThree(RepositoryRig& rig, const std::string& settings) {
  for (const std::string version : {"1", "2", "3"}) rig.Put("m/" + version + "/model.onnx", version + "00");
  rig.Put("m/serving.toml", settings);
  return rig.Open();
}

TEST(ModelVersions, TheSettingsSayWhichAreServed) {
  RepositoryRig rig;
  const auto served = [&](const std::string& settings) {
    std::string versions;
    for (const auto& entry : OpenThree(rig, settings)->Index()) versions += entry.version;
    return versions;
  };
  EXPECT_EQ(served(""), "3");
  EXPECT_EQ(served("versions = \"all\""), "123");
  EXPECT_EQ(served("versions = [1, 2]"), "12");
  EXPECT_EQ(served("[labels]\nstable = 1"), "13");
  EXPECT_EQ(served("versions = [2]\n[weights]\n1 = 1\n2 = 1"), "12");
  EXPECT_EQ(served("shadow = 2"), "23");
  EXPECT_EQ(served("shadow = 3"), "23") << "the latest is the newest that is no shadow";
  EXPECT_EQ(served("versions = [1]\nshadow = 3"), "13");
  const auto missing = OpenThree(rig, "versions = [4]")->Index();
  EXPECT_THAT(missing[0].reason, HasSubstr("names version 4"));
}

TEST(ModelVersions, LabelsAndNumbersChoose) {
  RepositoryRig rig;
  const auto repository = OpenThree(rig, "versions = \"all\"\n[labels]\nstable = 1\ncanary = 2");
  EXPECT_THAT(Score(*repository, "m", 1, "stable").values, ElementsAre(101));
  EXPECT_THAT(Score(*repository, "m", 1, "canary").values, ElementsAre(201));
  EXPECT_THAT(Score(*repository, "m", 1, "3").values, ElementsAre(301));
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(101)) << "stable is what answers";
  EXPECT_EQ(Score(*repository, "m", 1, "beta").code, Code::kNotFound);
  EXPECT_THAT(Score(*repository, "m", 1, "4").message, HasSubstr("served: 1, 2, 3"));
}

TEST(ModelVersions, WeightsAreKeptExactlyEnough) {
  RepositoryRig rig;
  const auto repository = OpenThree(rig, "[weights]\n1 = 90\n2 = 10");
  std::map<float, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[Score(*repository, "m", 0).values[0]];
  EXPECT_NEAR(counts[100], 900, 3);
  EXPECT_NEAR(counts[200], 100, 3);
  EXPECT_EQ(counts[300], 0);
}

std::map<std::string, float> ByKey(ModelRepository& repository) {
  std::map<std::string, float> chosen;
  for (int i = 0; i < 2000; ++i) {
    const auto key = "user-" + std::to_string(i);
    chosen[key] = Score(repository, "m", 0, "", key).values[0];
  }
  return chosen;
}

TEST(ModelVersions, EqualKeysStayTogetherAndAChangedWeightMovesNoMoreThanItMust) {
  RepositoryRig rig;
  const auto repository = OpenThree(rig, "[weights]\n1 = 90\n2 = 10");
  const auto before = ByKey(*repository);
  EXPECT_EQ(ByKey(*repository), before);
  const auto canaries = std::ranges::count_if(before, [](const auto& entry) { return entry.second == 200; });
  EXPECT_NEAR(static_cast<double>(canaries), 200, 50);
  rig.Put("m/serving.toml", "[weights]\n1 = 80\n2 = 20");
  ASSERT_TRUE(repository->Load("m"));
  int forward = 0;
  for (const auto& [key, value] : ByKey(*repository)) {
    EXPECT_FALSE(before.at(key) == 200 && value != 200) << "moved back: " << key;
    forward += before.at(key) == 100 && value == 200 ? 1 : 0;
  }
  EXPECT_NEAR(forward, 200, 60);
}

TEST(ModelVersions, AShadowThatGoesLiveDoesNotAnswer) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "100");
  const auto repository = rig.Open();
  rig.Put("m/2/model.onnx", "200");
  rig.Put("m/serving.toml", "shadow = 2");
  ASSERT_TRUE(repository->Load("m"));
  const auto choice = repository->Find("m", "", "");
  EXPECT_EQ(choice->version->version(), "1");
  ASSERT_NE(choice->shadow, nullptr);
  EXPECT_EQ(choice->shadow->version(), "2");
}

TEST(ModelVersions, ALoadThatWouldMixInputsFailsAndKeepsWhatRan) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "100");
  rig.Put("m/2/model.onnx", "200 wide");
  rig.Put("m/serving.toml", "versions = [1]");
  const auto repository = rig.Open();
  for (const std::string settings : {"shadow = 2", "[weights]\n1 = 90\n2 = 10"}) {
    rig.Put("m/serving.toml", settings);
    const auto loaded = repository->Load("m");
    ASSERT_FALSE(loaded) << settings;
    EXPECT_EQ(loaded.error().code, Code::kInvalidArgument);
    EXPECT_THAT(loaded.error().message, HasSubstr("its inputs or outputs are not those of version 1"));
    EXPECT_THAT(repository->Index().at(1).reason, HasSubstr(settings == "shadow = 2" ? "names it as shadow" : "gives it a weight"));
    for (int i = 0; i < 10; ++i) EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(101)) << settings;
  }
  rig.Put("m/serving.toml", "versions = \"all\"\n[labels]\nstable = 1");
  EXPECT_TRUE(repository->Load("m")) << "versions that clients choose by themselves may differ";
}

TEST(ModelVersions, AtTheStartAMisfitIsLeftOut) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "100 wide");
  rig.Put("m/2/model.onnx", "200");
  rig.Put("m/3/model.onnx", "300");
  rig.Put("m/serving.toml", "versions = [2]\nshadow = 1\n[weights]\n2 = 1\n3 = 1");
  const auto repository = rig.Open();
  std::string states;
  for (const auto& entry : repository->Index()) states += entry.version + entry.state + ' ';
  EXPECT_EQ(states, "1UNAVAILABLE 2READY 3READY ");
  EXPECT_EQ(repository->Find("m", "1", "").error().code, Code::kUnavailable);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Score(*repository, "m", 1).values.size(), 1U);
}

TEST(ModelVersions, AShadowDoesNotStandInForABrokenVersion) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "broken");
  rig.Put("m/2/model.onnx", "200");
  rig.Put("m/serving.toml", "shadow = 2");
  const auto repository = rig.Open();
  EXPECT_EQ(Score(*repository, "m", 1).code, Code::kUnavailable);
}

/// Scores a row and shows it to the shadow, as a protocol does.
Answer ScoreWithShadow(ModelRepository& repository, float value) {
  const auto choice = repository.Find("m", "", "");
  auto job = Row(value);
  job->then = [&, made = job.get()](const auto& outputs) { Shadow(*choice, *made, outputs); };
  auto answer = job->answer();
  choice->version->Run(0, *job);
  return answer.get();
}

/// All that was given to the shadow before has been run when this returns.
void WaitForShadow(ModelVersion& shadow) {
  auto last = Row(0);
  auto done = last->answer();
  ASSERT_TRUE(shadow.SubmitIdle(std::move(last)));
  done.wait();
}

TEST(ModelVersions, AShadowScoresTheSameRowsAndIsOnlyCompared) {
  RepositoryRig rig;
  const auto repository = OpenThree(rig, "shadow = 3\n[labels]\nstable = 1");
  const auto shadow = repository->Find("m", "3", "")->version;
  EXPECT_EQ(repository->Find("m", "3", "")->shadow, nullptr) << "it does not shadow itself";
  for (float i = 0; i < 10; ++i) EXPECT_THAT(ScoreWithShadow(*repository, i).values, ElementsAre(100 + i));
  WaitForShadow(*shadow);
  const auto& findings = shadow->statistics().shadow;
  EXPECT_EQ(findings.runs.count, 10U);
  EXPECT_EQ(findings.values, 10U);
  EXPECT_EQ(findings.difference, 2000.0);
  EXPECT_EQ(findings.shed, 0U);
  EXPECT_EQ(findings.failed, 0U);
}

TEST(ModelVersions, ABusyOrBrokenShadowIsNobodysTrouble) {
  RepositoryRig rig;
  const auto repository = OpenThree(rig, "versions = [3]\nshadow = 3\njoin_rows = 1");
  const auto shadow = repository->Find("m", "3", "")->version;
  EXPECT_EQ(repository->Find("m", "", "")->version->version(), "3") << "alone it must answer";
  rig.Put("m/serving.toml", "versions = \"all\"\nshadow = 3\njoin_rows = 1");
  ASSERT_TRUE(repository->Load("m"));
  const auto engine = rig.Engine("300");
  engine->Hold();
  for (float i = 0; i < 100; ++i) EXPECT_THAT(ScoreWithShadow(*repository, i).values, ElementsAre(200 + i));
  engine->FailNext({Code::kInternal, "broken"});
  const auto loaded = repository->Find("m", "3", "")->version;
  EXPECT_EQ(loaded->statistics().shadow.shed, 36U) << "64 may wait";
  engine->Release();
  WaitForShadow(*loaded);
  EXPECT_EQ(loaded->statistics().shadow.failed, 1U);
  EXPECT_EQ(loaded->statistics().shadow.runs.count, 63U);
}

}  // namespace
}  // namespace edgewise::score::test
