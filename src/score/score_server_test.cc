#include "score/score_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "score/detail/compression.h"
#include "score/made_repository_test.h"

namespace edgewise::score::test {
namespace {

using nlohmann::json;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string Floats(std::vector<float> values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }

class ScoreServerTest : public ServerRig {
 protected:
  ScoreServerTest() {
    auto engine = std::make_unique<FakeModelEngine>(3);
    fake_ = engine.get();
    repository_.Add(Sum(3), {.version = "1", .program = {}, .refuse = {}});
    repository_.Add(std::move(engine), {.version = "2", .program = {}, .refuse = {}});
    repository_.Add(Sum(3), {.model = "strict", .program = {}, .not_a_number = NotANumber::kError, .refuse = {}});
    repository_.Add(Echo({Info("n", "INT64"), Info("f", "FP64"), Info("t", "BYTES"), Info("b", "BOOL"), Info("u", "UINT8")}),
                    {.model = "echo", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("h", "FP16"), Info("b", "BF16")}), {.model = "half", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP32", {2, -1})}), {.model = "whole", .program = {}, .refuse = {}});
  }

  static std::string Row(std::string_view data = "[1,2,3]", std::string_view more = "") {
    return fmt::format(R"({{{}"inputs":[{{"name":"features","shape":[1,3],"datatype":"FP32","data":{}}}]}})", more, data);
  }
  static std::string BinaryRow(std::string_view parameters) {
    return fmt::format(
        R"({{"parameters":{},"inputs":[{{"name":"features","shape":[1,3],"datatype":"FP32","parameters":{{"binary_data_size":12}}}}]}})", parameters);
  }

  FakeModelEngine* fake_ = nullptr;
};

TEST_F(ScoreServerTest, TellsWhatItIsAndWhatItServes) {
  Serve();
  EXPECT_THAT(json::parse(Send("GET", "/v2").body).at("extensions").get<std::vector<std::string>>(),
              testing::ElementsAre("binary_tensor_data", "model_repository", "model_configuration", "statistics"));
  EXPECT_EQ(Send("GET", "/v2/").body, Send("GET", "/v2").body);
  EXPECT_EQ(Send("GET", "/v2/health/live").body, R"({"live":true})");
  EXPECT_EQ(Send("GET", "/livez").body, R"({"live":true})");
  EXPECT_EQ(Send("GET", "/").body, R"({"status":"alive"})");  // KServe v1
  EXPECT_EQ(Send("GET", "/v2/health/ready").body, R"({"ready":true})");
  EXPECT_EQ(Send("GET", "/v2/models/made/ready").body, R"({"name":"made","ready":true})");
  EXPECT_EQ(Send("GET", "/v2/models/made/versions/1/ready").status, 200);
  EXPECT_EQ(Send("GET", "/v1/models/made").body, R"({"name":"made","ready":true})");
  EXPECT_EQ(json::parse(Send("GET", "/v2/models").body).at("models"), json({"echo", "half", "made", "strict", "whole"}));
  EXPECT_EQ(Send("GET", "/v1/models").body, Send("GET", "/v2/models").body);
  const auto response = Send("GET", "/v2/models/made/versions/2");
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"name":"made","versions":["1","2"],"platform":"onnx_onnxv1","max_rows":1024,
      "inputs":[{"name":"features","datatype":"FP32","shape":[-1,3]}],"outputs":[{"name":"sum","datatype":"FP32","shape":[-1,1]}]})"));
  repository_.is_ready = false;
  EXPECT_EQ(Send("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(Send("GET", "/readyz").status, 503);
}

TEST_F(ScoreServerTest, AModelThatIsNotThereIs404AndOneThatIsNotReady503) {
  repository_.Refuse("broken", {Code::kUnavailable, "model \"broken\": damaged"});
  Serve();
  for (const auto* path : {"/v2/models/other", "/v2/models/other/ready", "/v2/models/made/versions/3", "/v2/models/made/versions/01", "/v2/models/other/config",
                           "/v2/models/other/stats", "/v1/models/other", "/v2/models/made/versions/-1/ready", "/nothing", "/v2/models/"}) {
    const auto response = Send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_TRUE(json::parse(response.body).at("error").is_string());
  }
  for (const auto* path : {"/v2/models/broken/ready", "/v2/models/broken", "/v2/models/broken/stats"}) EXPECT_EQ(Send("GET", path).status, 503) << path;
  EXPECT_EQ(Post("/v2/models/broken/infer", Row()).status, 503);
  EXPECT_EQ(Post("/v2/models/other/infer", Row()).status, 404);
}

TEST_F(ScoreServerTest, InfersFromFlatAndNestedJson) {
  Serve();
  for (const auto* data : {"[1,2,0.25]", "[[1,2,0.25]]"}) {
    const auto response = Post("/v2/models/made/versions/1/infer", Row(data, R"("id":"q\"1",)"));
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_EQ(response.body, R"({"model_name":"made","model_version":"1","id":"q\"1",)"
                             R"("outputs":[{"name":"sum","datatype":"FP32","shape":[1,1],"data":[3.25]}]})");
  }
}

TEST_F(ScoreServerTest, BinaryAndJsonMixBothWays) {
  Serve();
  const std::string texts("\2\0\0\0hi\0\0\0\0", 10);
  const std::string header = R"({"inputs":[{"name":"t","datatype":"BYTES","shape":[1,2],"parameters":{"binary_data_size":10}},)"
                             R"({"name":"n","datatype":"INT64","shape":[1,2],"data":[9007199254740993,-1]},)"
                             R"({"name":"f","datatype":"FP64","shape":[1,2],"data":[0.1,1e300]},)"
                             R"({"name":"b","datatype":"BOOL","shape":[1,2],"parameters":{"binary_data_size":2}},)"
                             R"({"name":"u","datatype":"UINT8","shape":[1,2],"data":[0,255]}],"parameters":{"binary_data_output":true},)"
                             R"("outputs":[{"name":"echo_n","parameters":{"binary_data":false}},{"name":"echo_t"},)"
                             R"({"name":"echo_f","parameters":{"binary_data":false}},{"name":"echo_b","parameters":{"binary_data":true}}]})";
  const auto response =
      Post("/v2/models/echo/infer", header + texts + std::string("\1\0", 2), {{"Inference-Header-Content-Length", std::to_string(header.size())}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.header("Content-Type"), "application/octet-stream");
  const auto length = std::stoul(std::string(response.header("Inference-Header-Content-Length")));
  EXPECT_EQ(response.body.substr(0, length),
            R"({"model_name":"echo","model_version":"1","outputs":[)"
            R"({"name":"echo_n","datatype":"INT64","shape":[1,2],"data":[9007199254740993,-1]},)"
            R"({"name":"echo_t","datatype":"BYTES","shape":[1,2],"parameters":{"binary_data_size":10}},)"
            R"({"name":"echo_f","datatype":"FP64","shape":[1,2],"data":[0.1,1e+300]},)"
            R"({"name":"echo_b","datatype":"BOOL","shape":[1,2],"parameters":{"binary_data_size":2}}]})");
  EXPECT_EQ(response.body.substr(length), texts + std::string("\1\0", 2));
}

TEST_F(ScoreServerTest, HalfFloatsTravelInBinaryOnly) {
  Serve();
  const std::string inputs = R"("inputs":[{"name":"h","datatype":"FP16","shape":[1,2],"parameters":{"binary_data_size":4}},)"
                             R"({"name":"b","datatype":"BF16","shape":[1,2],"parameters":{"binary_data_size":4}}]})";
  const auto send = [&](const std::string& begin) {
    return Post("/v2/models/half/infer", begin + inputs + "abcdefgh", {{"Inference-Header-Content-Length", std::to_string(begin.size() + inputs.size())}});
  };
  const auto response = send(R"({"parameters":{"binary_data_output":true},)");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(response.body.ends_with("abcdefgh"));
  const auto refused = send("{");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, testing::HasSubstr("has no JSON form"));
}

TEST_F(ScoreServerTest, NanIsNullOrAnErrorInJsonAndItselfInBinary) {
  Serve();
  const auto infer = [&](std::string_view model, std::string_view parameters) {
    const auto header = BinaryRow(parameters);
    return Post(fmt::format("/v2/models/{}/infer", model), header + Floats({1, kNan, 2}), {{"Inference-Header-Content-Length", std::to_string(header.size())}});
  };
  EXPECT_THAT(infer("made", "{}").body, testing::HasSubstr(R"("data":[null])"));
  EXPECT_EQ(infer("strict", "{}").status, 400);
  EXPECT_THAT(infer("strict", "{}").body, testing::HasSubstr("sum"));
  const auto binary = infer("strict", R"({"binary_data_output":true})");
  ASSERT_EQ(binary.status, 200);
  float value = 0;
  std::memcpy(&value, binary.body.data() + binary.body.size() - sizeof(value), sizeof(value));
  EXPECT_NE(value, value);
}

TEST_F(ScoreServerTest, ASlowModelIsAnsweredByAWorkerAndAFullQueueSaysWhenToComeBack) {
  repository_.Add(Sum(3), {.model = "slow", .program = {}, .is_inline = false, .refuse = {}});
  repository_.Add(Sum(3), {.model = "full", .program = {}, .is_inline = false, .refuse = Error{Code::kResourceExhausted, "full"}});
  repository_.Add(Sum(3), {.model = "stopping", .program = {}, .is_inline = false, .refuse = Error{Code::kUnavailable, "stopping"}});
  Serve();
  for (int i = 0; i < 3; ++i) {
    const auto response = Post("/v2/models/slow/infer", Row("[1,2,3]", R"("id":"7",)"), {{"X-Request-Id", "r1"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(json::parse(response.body).at("id"), "7");
    EXPECT_EQ(response.header("X-Request-Id"), "r1");
  }
  EXPECT_EQ(json::parse(Post("/score/slow", "[1,2,3]").body).at("scores"), json({6}));
  const auto full = Post("/v2/models/full/infer", Row(), {{"X-Request-Id", "r2"}});
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.header("Retry-After"), "1");
  EXPECT_EQ(full.header("X-Request-Id"), "r2");
  const auto stopping = Post("/v2/models/stopping/infer", Row());
  EXPECT_EQ(stopping.status, 503);
  EXPECT_EQ(stopping.header("Retry-After"), "1");
}

TEST_F(ScoreServerTest, AColdModelIsLoadedForItsFirstRequest) {
  repository_.Add(Sum(3), {.model = "cold", .program = {}, .refuse = {}});
  repository_.Add(Sum(3), {.model = "lost", .program = {}, .refuse = {}});
  repository_.Cool("cold");
  repository_.Cool("lost", Error{Code::kUnavailable, "the disk is gone"});
  Serve();
  EXPECT_EQ(Send("GET", "/v2/models/cold/ready").status, 200);
  const auto response = Post("/v2/models/cold/infer", Row("[1,1,1]"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, testing::HasSubstr(R"("data":[3])"));
  EXPECT_EQ(Post("/v2/models/lost/infer", Row()).status, 503);
  EXPECT_EQ(Send("GET", "/v2/models/lost").status, 503);
}

TEST_F(ScoreServerTest, AnEngineFaultIsAnErrorAndCounted) {
  Serve({.addresses = {}, .triton_metrics = true});
  fake_->FailNext({Code::kInternal, "engine fault"});
  EXPECT_EQ(Post("/v2/models/made/infer", Row()).status, 500);
  EXPECT_EQ(Post("/v2/models/made/infer", "{").status, 400);
  EXPECT_EQ(Post("/v2/models/made/infer", Row()).status, 200);
  const auto metrics = Send("GET", "/metrics");
  EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* line : {"edgewise_score_failed_total{model=\"made\",version=\"2\"} 2", "edgewise_score_requests_total{model=\"made\",version=\"2\"} 1",
                           "edgewise_score_ready 1", "nv_inference_request_failure{model=\"made\",version=\"2\"} 2"}) {
    EXPECT_THAT(metrics.body, testing::HasSubstr(line));
  }
  const auto statistics = json::parse(Send("GET", "/v2/models/made/versions/2/stats").body).at("model_stats");
  ASSERT_EQ(statistics.size(), 1U);
  EXPECT_EQ(statistics[0].at("version"), "2");
  EXPECT_EQ(statistics[0].at("inference_stats").at("success").at("count"), 1);
  EXPECT_EQ(statistics[0].at("inference_stats").at("fail").at("count"), 2);
  for (const auto* figure : {"queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"}) {
    EXPECT_TRUE(statistics[0].at("inference_stats").at(figure).at("ns").is_number()) << figure;
  }
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/made/stats").body).at("model_stats").size(), 2U);
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/stats").body).at("model_stats").size(), 6U);
}

TEST_F(ScoreServerTest, TheConfigurationIsTritons) {
  Serve();
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/made/config").body),
            json::parse(R"({"name":"made","platform":"onnxruntime_onnx","backend":"onnxruntime","version_policy":{"latest":{"num_versions":1}},
      "max_batch_size":1024,"input":[{"name":"features","data_type":"TYPE_FP32","dims":[3]}],"output":[{"name":"sum","data_type":"TYPE_FP32","dims":[1]}]})"));
  const auto whole = json::parse(Send("GET", "/v2/models/whole/config").body);
  EXPECT_EQ(whole.at("max_batch_size"), 0);
  EXPECT_EQ(whole.at("input").at(0).at("dims"), json({2, -1}));
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/echo/config").body).at("input").at(2).at("data_type"), "TYPE_STRING");
}

TEST_F(ScoreServerTest, TheRepositoryIsListedLoadedAndUnloaded) {
  repository_.Refuse("broken", {Code::kUnavailable, "damaged"});
  Serve();
  for (const auto* body : {"", "{}", R"({"ready":false})"}) {
    const auto index = json::parse(Post("/v2/repository/index", body).body);
    ASSERT_EQ(index.size(), 7U) << body;
    EXPECT_EQ(index[0], json({{"name", "broken"}, {"version", "1"}, {"state", "UNAVAILABLE"}, {"reason", "damaged"}}));
  }
  EXPECT_EQ(json::parse(Post("/v2/repository/index", R"({"ready":true})").body).size(), 6U);
  EXPECT_EQ(Post("/v2/repository/index", "[").status, 400);
  EXPECT_EQ(Post("/v2/repository/index", R"({"ready":1})").status, 400);
  EXPECT_EQ(Post("/v2/repository/models/made/load", "").status, 200);
  EXPECT_EQ(Post("/v2/repository/models/made/unload", R"({"parameters":{"unload_dependents":true}})").status, 200);
  EXPECT_THAT(repository_.calls, testing::ElementsAre("load made", "unload made"));
  EXPECT_EQ(Post("/v2/repository/models/other/load", "").status, 404);
  EXPECT_EQ(Post("/v2/repository/models/made/load", R"({"parameters":{"config":"{}"}})").status, 400);
}

TEST_F(ScoreServerTest, BodiesAreUnpackedAndAnswersPackedAsAsked) {
  Serve({.addresses = {}, .compress_from = 16});
  for (const auto encoding : {detail::Encoding::kGzip, detail::Encoding::kDeflate}) {
    const std::string name(NameOf(encoding));
    const auto response = Post("/v2/models/made/infer", detail::Deflate(Row("[1,2,0.5]"), encoding), {{"Content-Encoding", name}, {"Accept-Encoding", name}});
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.header("Content-Encoding"), name);
    std::string body;
    ASSERT_TRUE(detail::Inflate(response.body, encoding, 1000, body));
    EXPECT_THAT(body, testing::HasSubstr("[3.5]"));
  }
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Accept-Encoding", "gzip;q=0, br"}}).header("Content-Encoding"), "");
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", "identity"}}).status, 200);
  for (const auto* name : {"br", "gzip, deflate", "zstd"}) EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", name}}).status, 415) << name;
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", "gzip"}, {"Content-Encoding", "gzip"}}).status, 415);
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", "gzip"}}).status, 400);
}

TEST_F(ScoreServerTest, ABombIsRefusedAtTheLimitOfABody) {
  Serve({.addresses = {}, .http = {.max_body = 1u << 20}});
  const auto bomb = detail::Deflate(Row("[1,2," + std::string(50u << 20, ' ') + "3]"), detail::Encoding::kGzip);
  ASSERT_LT(bomb.size(), 1u << 20);
  EXPECT_EQ(Post("/v2/models/made/infer", bomb, {{"Content-Encoding", "gzip"}}).status, 413);
  EXPECT_EQ(Post("/v2/models/made/infer", Row()).status, 200);
}

TEST_F(ScoreServerTest, ATraceGoesOnAndARequestIdComesBack) {
  Serve();
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto answer = Post("/v2/models/made/infer", Row(), {{"traceparent", parent}, {"X-Request-Id", "abc-1"}});
  const std::string child(answer.header("traceparent"));
  ASSERT_EQ(child.size(), parent.size());
  EXPECT_EQ(child.substr(0, 36), parent.substr(0, 36));
  EXPECT_NE(child.substr(36, 16), parent.substr(36, 16));
  EXPECT_EQ(child.substr(52), "-01");
  EXPECT_EQ(answer.header("X-Request-Id"), "abc-1");
  EXPECT_EQ(Post("/v2/models/made/infer", Row()).header("traceparent"), "");
  EXPECT_EQ(Post("/v2/models/made/infer", "[", {{"traceparent", parent}}).header("traceparent").substr(0, 36), parent.substr(0, 36));
  const auto anew = Post("/v2/models/made/infer", Row(), {{"traceparent", parent}, {"traceparent", parent}}).header("traceparent");
  EXPECT_NE(std::string(anew).substr(3, 32), parent.substr(3, 32));
}

TEST_F(ScoreServerTest, TheStickyKeyReachesTheChoiceOfAVersion) {
  Serve({.addresses = {}, .sticky_header = "X-Flight"});
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"x-flight", "UA12"}}).status, 200);
  EXPECT_EQ(repository_.last_sticky(), "UA12");
}

TEST_F(ScoreServerTest, TheDocumentAndTheRoutesAreTheSame) {
  Serve();
  const auto document = json::parse(Send("GET", "/openapi.json").body);
  EXPECT_EQ(document.at("openapi"), "3.0.3");
  std::set<std::string> described;
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) described.insert((method == "get" ? "GET " : "POST ") + path);
  }
  const auto routes = server_->routes();
  EXPECT_EQ(described, std::set<std::string>(routes.begin(), routes.end()));
  for (const auto& route : routes) {  // and the server really has them: with the other method each is 405, a path beside it 404
    auto path = route.substr(route.find(' ') + 1);
    for (const std::string name : {"{model}", "{version}"}) {
      if (const auto at = path.find(name); at != std::string::npos) path.replace(at, name.size(), name == "{model}" ? "made" : "1");
    }
    EXPECT_EQ(Send(route.starts_with("GET") ? "POST" : "GET", path).status, 405) << route;
    EXPECT_EQ(Send(route.starts_with("GET") ? "GET" : "POST", path + "/x").status, 404) << route;
  }
  for (const auto* reference : {"/components/schemas/InferenceRequest", "/components/schemas/Error"}) {
    EXPECT_TRUE(document.contains(json::json_pointer(reference))) << reference;
  }
}

TEST_F(ScoreServerTest, HeadIsGetWithoutABodyAndTheWrongMethodSaysWhichOneIsRight) {
  Serve();
  const auto head = Send("HEAD", "/v2/health/ready");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  const auto wrong = Send("GET", "/v2/models/made/infer");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "POST");
}

}  // namespace
}  // namespace edgewise::score::test
