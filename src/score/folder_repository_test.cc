#include <gmock/gmock.h>

#include <thread>

#include "score/detail/model_folder.h"
#include "score/repository_rig_test.h"

namespace edgewise::score::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Lines(const ModelRepository& repository) {
  std::vector<std::string> lines;
  for (const auto& entry : repository.Index()) {
    lines.push_back(entry.model + "/" + entry.version + " " + entry.state + (entry.reason.empty() ? "" : ": " + entry.reason));
  }
  return lines;
}

TEST(FolderRepository, ServesBothLayoutsAndTheNewestVersion) {
  RepositoryRig rig;
  rig.Put("plain/model.onnx", "7");
  rig.Put("triton/1/model.onnx", "100");
  rig.Put("triton/2/model.onnx", "200");
  rig.Put("triton/10/model.onnx", "1000");
  rig.Put("triton/config.pbtxt", "ignored");
  rig.Put("README.md", "no model");
  rig.Put(".git/config", "hidden");
  const auto repository = rig.Open();
  EXPECT_TRUE(repository->ready());
  EXPECT_THAT(Lines(*repository), ElementsAre("plain/1 READY", "triton/10 READY"));
  EXPECT_EQ(repository->Loaded().at(1)->version(), "10");
  EXPECT_THAT(Score(*repository, "plain", 1).values, ElementsAre(8));
  EXPECT_THAT(Score(*repository, "triton", 1).values, ElementsAre(1001));
}

TEST(FolderRepository, SaysOfEachModelWhyItIsNotServed) {
  RepositoryRig rig;
  rig.Put("bad/1/model.onnx", "broken");
  rig.Put("empty/notes.txt", "");
  rig.Put("good/1/model.onnx", "1");
  rig.Put("names an image/1/model.onnx", "1");
  rig.Put("settings/1/model.onnx", "1");
  rig.Put("settings/serving.toml", "\nversion = 1\n");
  const auto repository = rig.Open();
  EXPECT_THAT(Lines(*repository),
              ElementsAre("bad/1 UNAVAILABLE: this is no ONNX model",
                          "empty/ UNAVAILABLE: the folder holds neither model.onnx nor a version such as 1/model.onnx", "good/1 READY",
                          "names an image/ UNAVAILABLE: no name for a model: use at most 128 of A-Z a-z 0-9 . _ -",
                          "settings/ UNAVAILABLE: serving.toml:2: unknown key \"version\"; did you mean \"versions\"?"));
  EXPECT_EQ(Score(*repository, "bad", 1).code, Code::kUnavailable);
  EXPECT_THAT(Score(*repository, "bad", 1).message, HasSubstr("this is no ONNX model"));
  EXPECT_EQ(Score(*repository, "nobody", 1).code, Code::kNotFound);
  EXPECT_THAT(Score(*repository, "good", 1).values, ElementsAre(2));
}

TEST(FolderRepository, AMissingFolderIsSaid) {
  RepositoryRig rig;
  const auto repository = ModelRepository::Open(rig.files, "/nowhere", rig.options);
  ASSERT_FALSE(repository);
  EXPECT_EQ(repository.error().code, Code::kNotFound);
}

TEST(FolderRepository, WithoutTheEngineNothingIsOpened) {
  RepositoryRig rig;
  rig.options.open_engine = nullptr;
  ASSERT_EQ(setenv("EDGEWISE_ONNXRUNTIME", "/nowhere/libonnxruntime.so.1", 1), 0);
  const auto repository = ModelRepository::Open(rig.files, "/models", rig.options);
  unsetenv("EDGEWISE_ONNXRUNTIME");
  ASSERT_FALSE(repository);
  EXPECT_EQ(repository.error().code, Code::kFailedPrecondition);
}

TEST(FolderRepository, OneModelAloneMustLoad) {
  RepositoryRig rig;
  rig.Put("model.onnx", "5");
  const auto repository = ModelRepository::OpenOne(rig.files, "/models", "delay", rig.options);
  ASSERT_TRUE(repository) << repository.error().message;
  EXPECT_THAT(Score(**repository, "delay", 1, "1").values, ElementsAre(6));
  rig.Put("model.onnx", "broken");
  EXPECT_EQ((*repository)->Load("other").error().code, Code::kNotFound);
  const auto broken = ModelRepository::OpenOne(rig.files, "/models", "delay", rig.options);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::kInvalidArgument);
  EXPECT_EQ(ModelRepository::OpenOne(rig.files, "/models", "../delay", rig.options).error().code, Code::kInvalidArgument);
}

TEST(FolderRepository, HostileNamesAndVersionsAreNotFoundAndNotEchoed) {
  RepositoryRig rig;
  rig.Put("good/1/model.onnx", "1");
  rig.Put("good/01/model.onnx", "2");
  rig.Put("model.onnx", "3");
  const auto repository = rig.Open();
  const std::string names[] = {"..",
                               ".",
                               "",
                               std::string(300, 'a'),
                               "a/b",
                               "a%2fb",
                               "../x",
                               std::string("good\0", 5),
                               "good\xE2\x80\xAE",
                               "go\xEF\xBD\x8F\x64",
                               "GOOD",
                               "good ",
                               "/models/good",
                               "CON",
                               "-good"};
  for (const auto& name : names) {
    const auto found = repository->Find(name, "", "");
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, Code::kNotFound) << name;
    EXPECT_EQ(repository->Load(name).error().code, Code::kNotFound) << name;
    EXPECT_EQ(repository->Unload(name).error().code, Code::kNotFound) << name;
    EXPECT_LT(found.error().message.size(), 200U);
    for (const char c : found.error().message) EXPECT_TRUE(c >= ' ' && c <= '~') << name;
  }
  for (const std::string version :
       {"-1", "01", "0", "+1", "1.0", " 1", "18446744073709551616", "latest;", "latest", "..", "2", "\xE2\x80\xAE"}) {
    const auto found = repository->Find("good", version, "");
    ASSERT_FALSE(found) << version;
    EXPECT_EQ(found.error().code, Code::kNotFound) << version;
  }
  EXPECT_THAT(Score(*repository, "good", 1, "1").values, ElementsAre(2));
}

TEST(FolderRepository, AFailedLoadKeepsWhatRanAndSaysWhy) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "1");
  const auto repository = rig.Open();
  rig.Put("m/2/model.onnx", "broken");
  const auto failed = repository->Load("m");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kInvalidArgument);
  EXPECT_THAT(failed.error().message, HasSubstr("what ran before runs on"));
  EXPECT_THAT(Lines(*repository),
              ElementsAre("m/1 READY: kept, as the last load failed: this is no ONNX model", "m/2 UNAVAILABLE: this is no ONNX model"));
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(2));
  rig.Put("m/2/model.onnx", "20");
  EXPECT_TRUE(repository->Load("m"));
  EXPECT_THAT(Lines(*repository), ElementsAre("m/2 READY"));
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(21));
}

TEST(FolderRepository, UnloadedIsUnavailableUntilLoadedAgainAndNewFoldersCanBeLoaded) {
  RepositoryRig rig;
  rig.options.exclusive = true;
  rig.Put("m/1/model.onnx", "1");
  const auto repository = rig.Open();
  EXPECT_EQ(rig.opened(), 0U);
  EXPECT_EQ(Score(*repository, "m", 1).code, Code::kUnavailable);
  EXPECT_TRUE(repository->Load("m"));
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(2));
  EXPECT_TRUE(repository->Unload("m"));
  EXPECT_EQ(Score(*repository, "m", 1).code, Code::kUnavailable);
  EXPECT_THAT(Lines(*repository), ElementsAre("m/1 UNAVAILABLE: unloaded"));
  rig.Put("later/1/model.onnx", "5");
  EXPECT_EQ(Score(*repository, "later", 1).code, Code::kNotFound);
  EXPECT_TRUE(repository->Load("later"));
  EXPECT_THAT(Score(*repository, "later", 1).values, ElementsAre(6));
}

TEST(FolderRepository, RequestsAreAnsweredWhileALoadIsUnderWay) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "1");
  const auto repository = rig.Open();
  rig.Put("m/2/model.onnx", "2");
  const auto next = rig.Engine("2");
  next->Hold();
  std::jthread loading([&] { EXPECT_TRUE(repository->Load("m")); });
  ASSERT_TRUE(next->WaitUntilHeld(1, Soon()));  // in its warm-up
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(2));
  EXPECT_THAT(Lines(*repository), ElementsAre("m/1 READY"));
  next->Release();
  loading.join();
  EXPECT_THAT(Score(*repository, "m", 1).values, ElementsAre(3));
}

TEST(FolderRepository, AModelMayLieInARegistry) {
  RepositoryRig rig;
  rig.Put("by-file/3/model.ref", "127.0.0.1:5000/delay@sha256:aa\n");
  rig.Put("by-settings/serving.toml", "image = \"127.0.0.1:5000/delay@sha256:bb\"\n");
  rig.Put("refused/1/model.ref", "127.0.0.1:5000/gone@sha256:cc\n");
  rig.options.fetch = [](std::string_view reference) -> Result<ModelFiles> {
    if (reference == "127.0.0.1:5000/delay@sha256:aa") return ModelFiles{.onnx = "10", .card = ""};
    if (reference == "127.0.0.1:5000/delay@sha256:bb") return ModelFiles{.onnx = "20", .card = ""};
    return Fail(Code::kUnavailable, "no answer");
  };
  {
    const auto repository = rig.Open();
    EXPECT_THAT(Lines(*repository), ElementsAre("by-file/3 READY", "by-settings/1 READY", "refused/1 UNAVAILABLE: no answer"));
    EXPECT_THAT(Score(*repository, "by-file", 1).values, ElementsAre(11));
    EXPECT_THAT(Score(*repository, "by-settings", 1).values, ElementsAre(21));
  }
  rig.options.fetch = nullptr;
  EXPECT_THAT(Lines(*rig.Open())[0], HasSubstr("this scorer fetches none"));
}

}  // namespace
}  // namespace edgewise::score::test
