#include "score/scorer_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fake_files.h"
#include "score/engine_conformance.h"
#include "score/made_model_test.h"
#include "score/model_repository.h"
#include "score/score_server.h"

namespace edgewise::score::test {
namespace {

std::string SocketPath() {
  static int count = 0;
  return testing::TempDir() + "scorer_" + std::to_string(getpid()) + "_" + std::to_string(++count) + ".sock";
}

/// A scorer behind a socket keeps every promise of an engine.
struct RemoteRig {
  RemoteRig() : path(SocketPath()) {
    EXPECT_TRUE(files.MakeDirs("/model"));
    EXPECT_TRUE(files.ReplaceDurably("/model/model.onnx", MadeOnnx(5)));
    auto opened = ModelRepository::OpenOne(files, "/model", "delay", {});
    EXPECT_TRUE(opened) << opened.error().message;
    models = std::move(*opened);
    auto started = ScoreServer::Start(*models, {.addresses = {{"unix:" + path}}});
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
    auto connected = ConnectScorer(path, "delay", Soon());
    EXPECT_TRUE(connected) << connected.error().message;
    client = std::move(*connected);
  }
  const Engine& engine() { return *client; }

  FakeFiles files;
  std::string path;
  std::unique_ptr<ModelRepository> models;
  std::unique_ptr<ScoreServer> server;
  std::unique_ptr<Engine> client;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Remote, EngineConformance, RemoteRig);

TEST(ScorerClient, AScorerThatIsGoneIsUnavailable) {
  RemoteRig rig;
  const std::vector<float> row(5);
  ASSERT_TRUE(rig.engine().Score(row, Soon()));
  rig.server.reset();
  EXPECT_EQ(rig.engine().Score(row, Soon()).error().code, Code::kUnavailable);
  EXPECT_EQ(ConnectScorer(SocketPath(), "delay", Soon()).error().code, Code::kUnavailable);
}

TEST(ScorerClient, AModelThatIsNotServedIsNotFound) {
  RemoteRig rig;
  EXPECT_EQ(ConnectScorer(rig.path, "other", Soon()).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace edgewise::score::test
