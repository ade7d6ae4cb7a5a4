#include "score/score_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "score/engine_conformance.h"
#include "score/fake_engine.h"
#include "score/made_model_test.h"
#include "score/scorer_client.h"

namespace edgewise::score::test {
namespace {

using nlohmann::json;

std::string SocketPath() {
  static int count = 0;
  return testing::TempDir() + "scorer_" + std::to_string(getpid()) + "_" + std::to_string(++count) + ".sock";
}

/// Three columns: a number, a category of two words, a number.
feature::Program MadeProgram() {
  const auto program = feature::Program::FromToml(R"(
schema = "edgewise.features.v1"
features = [
  { name = "distance", field = "distance" },
  { name = "carrier", category = "carrier" },
  { name = "wait", field = "wait" },
]
[request]
distance = {}
carrier = "text"
wait = {}
)",
                                                  "made.toml");
  EXPECT_TRUE(program) << program.error().message;
  return program->WithVocabularies({{"carrier", {"AA", "UA"}}});
}

class ScoreServerTest : public testing::Test {
 protected:
  ScoreServerTest() : client_({""}) {
    std::vector<ServedModel> models;
    auto engine = std::make_unique<FakeEngine>(3);
    fake_ = engine.get();
    models.push_back({"delay", "2013-05", std::move(engine), std::nullopt});
    models.push_back({"named", "1", std::make_unique<FakeEngine>(3), MadeProgram()});
    auto server = ScoreServer::Start(std::move(models), {.addresses = {{"127.0.0.1:0"}}, .http = {}});
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    client_ = net::HttpClient({server_->addresses().at(0)});
  }

  net::HttpResponse Send(std::string method, std::string target, std::string body = "", std::vector<net::Header> headers = {}) {
    const auto answer = client_.Send({std::move(method), std::move(target), std::move(headers), std::move(body)}, Soon());
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : net::HttpResponse{};
  }
  int Infer(const std::string& body) { return Send("POST", "/v2/models/delay/infer", body).status; }
  int InferBinary(std::string header, const std::string& size, std::string bytes) {
    std::vector<net::Header> headers = {{"Inference-Header-Content-Length", size.empty() ? std::to_string(header.size()) : size}};
    return Send("POST", "/v2/models/delay/infer", std::move(header) + std::move(bytes), std::move(headers)).status;
  }
  void ExpectServes() { EXPECT_EQ(Send("POST", "/score/delay", R"({"rows":[[1,2,3]]})").status, 200); }

  FakeEngine* fake_ = nullptr;
  std::unique_ptr<ScoreServer> server_;
  net::HttpClient client_;
};

TEST_F(ScoreServerTest, TellsWhatItIsAndWhatItServes) {
  EXPECT_EQ(json::parse(Send("GET", "/v2").body).at("extensions"), json::array({"binary_tensor_data"}));
  EXPECT_EQ(Send("GET", "/v2/").status, 200);
  EXPECT_EQ(json::parse(Send("GET", "/v2/health/live").body), json({{"live", true}}));
  EXPECT_EQ(json::parse(Send("GET", "/v2/health/ready").body), json({{"ready", true}}));
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/delay/ready").body), json({{"name", "delay"}, {"ready", true}}));
  const auto model = json::parse(Send("GET", "/v2/models/delay/versions/2013-05").body);
  EXPECT_EQ(model.at("platform"), "onnx_onnxv1");
  EXPECT_EQ(model.at("inputs").at(0), json({{"name", "features"}, {"datatype", "FP32"}, {"shape", {-1, 3}}}));
  EXPECT_EQ(model.at("outputs").at(0), json({{"name", "probabilities"}, {"datatype", "FP32"}, {"shape", {-1, 2}}}));
}

TEST_F(ScoreServerTest, UnknownModelsAndVersionsAreNotFound) {
  for (const auto* path :
       {"/v2/models/other", "/v2/models/other/ready", "/v2/models/delay/versions/2", "/v2/models/delay/versions/2/ready"}) {
    EXPECT_EQ(Send("GET", path).status, 404) << path;
  }
  EXPECT_EQ(Send("POST", "/score/other", R"({"rows":[[1,2,3]]})").status, 404);
}

TEST_F(ScoreServerTest, ScoresJsonTensorsFlatAndNested) {
  for (const auto* data : {"[0,0,0, 1,2,-3]", "[[0,0,0],[1,2,-3]]"}) {
    const std::string body =
        std::string(R"({"id":"q1","inputs":[{"name":"features","shape":[2,3],"datatype":"FP32","data":)") + data + "}]}";
    const auto response = Send("POST", "/v2/models/delay/infer", body);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    const auto answer = json::parse(response.body);
    EXPECT_EQ(answer.at("model_name"), "delay");
    EXPECT_EQ(answer.at("model_version"), "2013-05");
    EXPECT_EQ(answer.at("id"), "q1");
    EXPECT_EQ(answer.at("outputs").at(0).at("shape"), json({2, 2}));
    EXPECT_EQ(answer.at("outputs").at(0).at("data"), json({0.5, 0.5, 0.5, 0.5}));
  }
}

TEST_F(ScoreServerTest, AnswersInBinaryWhenAsked) {
  const std::string header = R"({"inputs":[{"name":"features","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}],)"
                             R"("outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]})";
  const float row[3] = {0, 0, kMissing};
  const std::string bytes(reinterpret_cast<const char*>(row), sizeof(row));
  const auto response =
      Send("POST", "/v2/models/delay/infer", header + bytes, {{"Inference-Header-Content-Length", std::to_string(header.size())}});
  ASSERT_EQ(response.status, 200) << response.body;
  const auto length = std::stoul(std::string(response.header("Inference-Header-Content-Length")));
  EXPECT_EQ(json::parse(response.body.substr(0, length)).at("outputs").at(0).at("parameters").at("binary_data_size"), 8);
  float scores[2];
  ASSERT_EQ(response.body.size(), length + sizeof(scores));
  std::memcpy(scores, response.body.data() + length, sizeof(scores));
  EXPECT_FLOAT_EQ(scores[1], 0.5F);
}

TEST_F(ScoreServerTest, HostileTensorsAreRefusedAndTheNextRequestIsServed) {
  const auto input = [](const std::string& shape, const std::string& data, const std::string& type = "FP32",
                        const std::string& name = "features") {
    return R"({"inputs":[{"name":")" + name + R"(","shape":)" + shape + R"(,"datatype":")" + type + R"(","data":)" + data + "}]}";
  };
  const std::vector<std::string> bodies = {"",
                                           "[]",
                                           "{",
                                           "{}",
                                           R"({"inputs":[]})",
                                           R"({"inputs":[1]})",
                                           R"({"id":7,"inputs":[]})",
                                           input("[1,4]", "[1,2,3,4]"),
                                           input("[0,3]", "[]"),
                                           input("[1099511627776,3]", "[1]"),
                                           input("[1025,3]", "[1]"),
                                           input("[-1,3]", "[1,2,3]"),
                                           input("[3]", "[1,2,3]"),
                                           input("[1,3,1]", "[1,2,3]"),
                                           input("[2,3]", "[1,2,3]"),
                                           input("[1,3]", "[1,2,3,4]"),
                                           input("[1,3]", "[1,2,null]"),
                                           input("[1,3]", "[1,2,\"3\"]"),
                                           input("[1,3]", "[1,2,1e300]"),
                                           input("[1,3]", "[[[1,2,3]]]"),
                                           input("[1,3]", "[1,2,3]", "FP64"),
                                           input("[1,3]", "[1,2,3]", "FP32", "other"),
                                           input("[1,3]", std::string(5000, '[') + std::string(5000, ']'))};
  for (const auto& body : bodies) EXPECT_EQ(Infer(body), 400) << body.substr(0, 100);
  ExpectServes();
}

TEST_F(ScoreServerTest, LyingBinarySizesAreRefused) {
  const auto header = [](const std::string& size) {
    return R"({"inputs":[{"name":"features","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":)" + size + "}}]}";
  };
  const std::string bytes(12, '\0');
  EXPECT_EQ(InferBinary(header("12"), "", bytes), 200);
  EXPECT_EQ(InferBinary(header("12"), "", bytes + "x"), 400);
  EXPECT_EQ(InferBinary(header("12"), "", bytes.substr(1)), 400);
  EXPECT_EQ(InferBinary(header("8"), "", bytes), 400);
  EXPECT_EQ(InferBinary(header("-12"), "", bytes), 400);
  EXPECT_EQ(InferBinary(header("12"), "99999999999999999999", bytes), 400);
  EXPECT_EQ(InferBinary(header("12"), "100000", bytes), 400);
  EXPECT_EQ(InferBinary(header("12"), "7x", bytes), 400);
  ExpectServes();
}

TEST_F(ScoreServerTest, PlainRowsTakeNullAsMissing) {
  const auto response = Send("POST", "/score/delay", R"({"rows":[[1,null,-1],[null,null,null]]})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json::parse(response.body), json({{"model", "delay"}, {"version", "2013-05"}, {"scores", {0.5, 0.5}}}));
  for (const auto* body : {"", "[]", R"({"rows":[]})", R"({"rows":[1]})", R"({"rows":[[1,2]]})", R"({"rows":[[1,2,3,4]]})",
                           R"({"rows":[[1,2,"x"]]})", R"({"rows":[{"distance":1}]})"}) {
    EXPECT_EQ(Send("POST", "/score/delay", body).status, 400) << body;
  }
  ExpectServes();
}

TEST_F(ScoreServerTest, NamedValuesAreEncodedByTheModelsProgram) {
  const auto score = [&](const std::string& row) {
    const auto response = Send("POST", "/score/named", R"({"rows":[)" + row + "]}");
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body).at("scores").at(0).get<double>();
  };
  const auto logistic = [](double sum) { return 1 / (1 + std::exp(-sum)); };
  EXPECT_NEAR(score(R"({"wait":0.5,"carrier":"UA","distance":-1})"), logistic(0.5), 1e-6);  // UA is word 1
  EXPECT_NEAR(score(R"({"carrier":"XX"})"), logistic(2), 1e-6);                             // "other" comes after the words
  EXPECT_NEAR(score(R"({"distance":-1,"carrier":null,"wait":null})"), logistic(-1), 1e-6);  // missing
  for (const auto* row : {R"({"speed":1})", R"({"carrier":1})", R"({"wait":"1"})"}) {
    EXPECT_EQ(Send("POST", "/score/named", std::string(R"({"rows":[)") + row + "]}").status, 400) << row;
  }
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/named").body).at("columns"), json({"distance", "carrier", "wait"}));
}

TEST_F(ScoreServerTest, AnEngineFaultIsAnErrorAndCounted) {
  fake_->FailNext({Code::kInternal, "engine fault"});
  EXPECT_EQ(Send("POST", "/score/delay", R"({"rows":[[1,2,3]]})").status, 500);
  ExpectServes();
  const auto metrics = Send("GET", "/metrics").body;
  EXPECT_NE(metrics.find("edgewise_score_failed_total{model=\"delay\",version=\"2013-05\"} 1"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("edgewise_score_rows_total{model=\"delay\",version=\"2013-05\"} 1"), std::string::npos);
}

TEST(ScoreServer, NoModelOrTwoOfOneNameAreRefused) {
  EXPECT_EQ(ScoreServer::Start({}, {}).error().code, Code::kInvalidArgument);
  std::vector<ServedModel> twice;
  for (int i = 0; i < 2; ++i) twice.push_back({"delay", "1", std::make_unique<FakeEngine>(2), std::nullopt});
  EXPECT_EQ(ScoreServer::Start(std::move(twice), {}).error().code, Code::kInvalidArgument);
}

/// A scorer behind a socket keeps every promise of an engine.
struct RemoteRig {
  RemoteRig() : path(SocketPath()) {
    auto loaded = LoadOnnxEngine(MadeOnnx(5));
    EXPECT_TRUE(loaded) << loaded.error().message;
    std::vector<ServedModel> models;
    models.push_back({"delay", "1", std::move(*loaded), std::nullopt});
    auto started = ScoreServer::Start(std::move(models), {.addresses = {{"unix:" + path}}, .http = {}});
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
    auto connected = ConnectScorer(path, "delay", Soon());
    EXPECT_TRUE(connected) << connected.error().message;
    client = std::move(*connected);
  }
  const Engine& engine() { return *client; }

  std::string path;
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
