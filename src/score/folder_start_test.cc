#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "score/detail/model_folder.h"
#include "score/repository_rig_test.h"

namespace edgewise::score::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What is logged while it lives.
class LoggedLines {
 public:
  LoggedLines() { spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink_)); }
  ~LoggedLines() { spdlog::set_default_logger(before_); }
  LoggedLines(const LoggedLines&) = delete;
  LoggedLines& operator=(const LoggedLines&) = delete;
  std::string Take() {
    auto text = text_.str();
    text_.str("");
    return text;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_ = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true);  // with the logger
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();                                                     // with spdlog
};

TEST(FolderStart, ReadyMeansThatAModelIsServedIfThereAreAny) {
  RepositoryRig rig;
  rig.Put("notes/README.md", "no model");
  EXPECT_TRUE(rig.Open()->ready()) << "empty";
  rig.Put("m/1/model.onnx", "broken");
  rig.Put("spend/1/model.onnx", "1");
  rig.Put("spend/serving.toml", "version = 1");
  const auto repository = rig.Open();
  EXPECT_FALSE(repository->ready());
  EXPECT_FALSE(repository->Load("m"));
  EXPECT_FALSE(repository->ready());
  rig.Put("m/1/model.onnx", "1");
  EXPECT_TRUE(repository->Load("m"));
  EXPECT_TRUE(repository->ready());
  EXPECT_TRUE(repository->Unload("m"));
  EXPECT_TRUE(repository->ready()) << "somebody wanted it so";
  EXPECT_TRUE(rig.Open()->ready()) << "spend alone is broken";
}

TEST(FolderStart, ReadyAtOnceWhereModelsAreLoadedLater) {
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "broken");
  rig.options.exclusive = true;
  EXPECT_TRUE(rig.Open()->ready());
  rig.options = {.memory_budget = 5000, .open_engine = rig.options.open_engine, .fetch = {}};
  EXPECT_TRUE(rig.Open()->ready());
}

TEST(FolderStart, CountsTheModelsThatHaveAVersionReady) {
  RepositoryRig rig;
  rig.Put("bad/1/model.onnx", "broken");
  rig.Put("half/1/model.onnx", "broken");
  rig.Put("half/2/model.onnx", "1");
  rig.Put("half/3/model.onnx", "1");
  rig.Put("half/serving.toml", "versions = \"all\"");
  EXPECT_EQ(detail::CountServed(rig.Open()->Index()), 1U);
}

TEST(FolderStart, SaysThatNoModelIsServedAndWhatToDo) {
  LoggedLines logged;
  RepositoryRig rig;
  rig.Open();
  EXPECT_THAT(logged.Take(), HasSubstr("no model is served: DIR needs a folder for each, such as DIR/NAME/1/model.onnx"));
  rig.Put("model.onnx", "1");
  rig.Open();
  EXPECT_THAT(logged.Take(),
              HasSubstr("no model is served: DIR is itself a model, as it holds model.onnx: use --model-dir DIR --name NAME"));
  rig.Put("m/1/model.onnx", "1");
  rig.Open();
  EXPECT_EQ(logged.Take(), "");
  RepositoryRig broken;
  broken.Put("m/1/model.onnx", "broken");
  broken.Open();
  EXPECT_THAT(logged.Take(), HasSubstr("no model is served: nothing in DIR could be loaded"));
}

TEST(FolderStart, LoadsAfterItAreLogged) {
  LoggedLines logged;
  RepositoryRig rig;
  rig.Put("m/1/model.onnx", "1");
  const auto repository = rig.Open();
  EXPECT_EQ(logged.Take(), "");
  EXPECT_TRUE(repository->Load("m"));
  EXPECT_THAT(logged.Take(), HasSubstr("model \"m\" is loaded: version 1\n"));
  rig.Put("m/2/model.onnx", "broken");
  EXPECT_FALSE(repository->Load("m"));
  EXPECT_THAT(logged.Take(), HasSubstr("load of version 2 failed: model \"m\": this is no ONNX model; what ran before runs on\n"));
  rig.Put("m/serving.toml", "version = 1");
  EXPECT_FALSE(repository->Load("m"));
  EXPECT_THAT(logged.Take(), HasSubstr("load failed: model \"m\": serving.toml:1: unknown key"));
}

TEST(FolderStart, ABadSettingsFileIsSaidWithoutAVersion) {
  RepositoryRig rig;
  rig.Put("spend/1/model.onnx", "1");
  rig.Put("spend/serving.toml", "version = 1");
  rig.Put("torn/1/model.onnx", "broken");
  const auto index = rig.Open()->Index();
  EXPECT_THAT(detail::EntryText(index.at(0)),
              AllOf(HasSubstr("model \"spend\": none of its versions is served: serving.toml:1: unknown key"), Not(HasSubstr("\"\""))));
  EXPECT_EQ(detail::EntryText(index.at(1)), "model \"torn\", version 1 is not served: this is no ONNX model");
  EXPECT_EQ(detail::EntryText({"m", "2", "READY", "kept"}), "model \"m\", version 2 is served, but: kept");
}

}  // namespace
}  // namespace edgewise::score::test
