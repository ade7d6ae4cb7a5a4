#include "score/score_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "score/score_server_rig_test.h"

namespace edgewise::score::test {
namespace {

using nlohmann::json;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string Floats(std::vector<float> values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }

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
  for (const auto* path : {"/v2/models/other", "/v2/models/other/ready", "/v2/models/made/versions/3", "/v2/models/made/versions/01",
                           "/v2/models/other/config", "/v2/models/other/stats", "/v1/models/other", "/v2/models/made/versions/-1/ready",
                           "/nothing", "/v2/models/"}) {
    const auto response = Send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_TRUE(json::parse(response.body).at("error").is_string());
  }
  for (const auto* path : {"/v2/models/broken/ready", "/v2/models/broken", "/v2/models/broken/stats"})
    EXPECT_EQ(Send("GET", path).status, 503) << path;
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
  const std::string header =
      R"({"inputs":[{"name":"t","datatype":"BYTES","shape":[1,2],"parameters":{"binary_data_size":10}},)"
      R"({"name":"n","datatype":"INT64","shape":[1,2],"data":[9007199254740993,-1]},)"
      R"({"name":"f","datatype":"FP64","shape":[1,2],"data":[0.1,1e300]},)"
      R"({"name":"b","datatype":"BOOL","shape":[1,2],"parameters":{"binary_data_size":2}},)"
      R"({"name":"u","datatype":"UINT8","shape":[1,2],"data":[0,255]}],"parameters":{"binary_data_output":true},)"
      R"("outputs":[{"name":"echo_n","parameters":{"binary_data":false}},{"name":"echo_t"},)"
      R"({"name":"echo_f","parameters":{"binary_data":false}},{"name":"echo_b","parameters":{"binary_data":true}}]})";
  const auto response = Post("/v2/models/echo/infer", header + texts + std::string("\1\0", 2),
                             {{"Inference-Header-Content-Length", std::to_string(header.size())}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.header("Content-Type"), "application/octet-stream");
  const auto length = std::stoul(std::string(response.header("Inference-Header-Content-Length")));
  EXPECT_EQ(response.body.substr(0, length), R"({"model_name":"echo","model_version":"1","outputs":[)"
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
    return Post("/v2/models/half/infer", begin + inputs + "abcdefgh",
                {{"Inference-Header-Content-Length", std::to_string(begin.size() + inputs.size())}});
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
    return Post(fmt::format("/v2/models/{}/infer", model), header + Floats({1, kNan, 2}),
                {{"Inference-Header-Content-Length", std::to_string(header.size())}});
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
  for (const auto* line :
       {"edgewise_score_failed_total{model=\"made\",version=\"2\"} 2", "edgewise_score_requests_total{model=\"made\",version=\"2\"} 1",
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

}  // namespace
}  // namespace edgewise::score::test
