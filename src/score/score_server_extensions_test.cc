#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "score/detail/compression.h"
#include "score/score_server_rig_test.h"

namespace edgewise::score::test {
namespace {

using nlohmann::json;

TEST_F(ScoreServerTest, TheConfigurationIsTritons) {
  Serve();
  EXPECT_EQ(
      json::parse(Send("GET", "/v2/models/made/config").body),
      json::parse(R"({"name":"made","platform":"onnxruntime_onnx","backend":"onnxruntime","version_policy":{"latest":{"num_versions":1}},
      "max_batch_size":1024,
      "input":[{"name":"features","data_type":"TYPE_FP32","dims":[3]}],
      "output":[{"name":"sum","data_type":"TYPE_FP32","dims":[1]}]})"));
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
  EXPECT_THAT(repository_.calls(), testing::ElementsAre("load made", "unload made"));
  EXPECT_EQ(Post("/v2/repository/models/other/load", "").status, 404);
  EXPECT_EQ(Post("/v2/repository/models/made/load", R"({"parameters":{"config":"{}"}})").status, 501);
}

TEST_F(ScoreServerTest, WhoWatchesDoesNotUseAModel) {
  Serve();
  for (const auto* target : {"/metrics", "/v2/models/stats", "/v2/models/made/stats", "/v2/models/made/versions/2/stats"}) {
    const auto answer = Send("GET", target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_THAT(answer.body, testing::HasSubstr("made")) << target;
  }
  EXPECT_EQ(repository_.finds(), 0U) << "a memory budget would let the others go";
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/made/versions/2/stats").body).at("model_stats").size(), 1U);
  EXPECT_EQ(Send("GET", "/v2/models/made/versions/7/stats").status, 404);
}

TEST_F(ScoreServerTest, BodiesAreUnpackedAndAnswersPackedAsAsked) {
  Serve({.addresses = {}, .compress_from = 16});
  for (const auto encoding : {detail::Encoding::kGzip, detail::Encoding::kDeflate}) {
    const std::string name(NameOf(encoding));
    const auto response =
        Post("/v2/models/made/infer", detail::Deflate(Row("[1,2,0.5]"), encoding), {{"Content-Encoding", name}, {"Accept-Encoding", name}});
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.header("Content-Encoding"), name);
    std::string body;
    ASSERT_TRUE(detail::Inflate(response.body, encoding, 1000, body));
    EXPECT_THAT(body, testing::HasSubstr("[3.5]"));
  }
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Accept-Encoding", "gzip;q=0, br"}}).header("Content-Encoding"), "");
  EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", "identity"}}).status, 200);
  for (const auto* name : {"br", "gzip, deflate", "zstd"})
    EXPECT_EQ(Post("/v2/models/made/infer", Row(), {{"Content-Encoding", name}}).status, 415) << name;
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
  const auto twice = Post("/v2/models/made/infer", Row(), {{"traceparent", parent}, {"traceparent", parent}});
  const auto anew = twice.header("traceparent");
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
