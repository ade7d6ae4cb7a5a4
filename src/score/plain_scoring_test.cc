#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/lineage_id.h"
#include "score/server_rig_test.h"

namespace edgewise::score::test {
namespace {

using nlohmann::json;

constexpr std::string_view kStreams = R"(
[streams.weather]
temperature = {}
station = "text"
)";

/// POST /score/{model} and POST /v1/models/{model}:predict.
class PlainScoringTest : public ServerRig {
 protected:
  void SetUp() override {
    repository_.Add(Sum(3), {.program = {}, .refuse = {}});
    repository_.Add(Sum(3), {.model = "named", .program = MadeProgram(), .refuse = {}});
    repository_.Add(Sum(3), {.model = "streaming", .program = MadeProgram(kStreams), .refuse = {}});
    repository_.Add(Echo({Info("age", "FP32", {-1, 1}), Info("port", "BYTES", {-1, 1}), Info("count", "INT64", {-1})}),
                    {.model = "columns", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP32", {-1, 3})}), {.model = "classes", .program = {}, .refuse = {}});
    repository_.Add(Echo({
                        Info("x", "FP64", {-1, 2}),
                    }),
                    {.model = "two", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("image", "UINT8", {-1, 2, 2})}), {.model = "image", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("text", "BYTES", {-1, 2})}), {.model = "text", .program = {}, .refuse = {}});
    repository_.Add(Sum(3), {.model = "twice", .program = {}, .refuse = {}});
    repository_.Add(Sum(3, 100), {.model = "twice", .version = "2", .program = {}, .refuse = {}});
    std::vector<TensorInfo> wide;
    for (int i = 0; i < 12; ++i) wide.push_back(Info("c" + std::to_string(i), "FP32", {-1, 1}));
    repository_.Add(Echo(wide), {.model = "wide", .program = {}, .refuse = {}});
    Serve();
  }
  json Scores(const std::string& model, const std::string& body, std::vector<net::Header> headers = {}) {
    const auto response = Post("/score/" + model, body, std::move(headers));
    EXPECT_EQ(response.status, 200) << body << response.body;
    return response.status == 200 ? json::parse(response.body).at("scores") : json();
  }
  net::HttpResponse Csv(const std::string& model, const std::string& body) {
    return Post("/score/" + model, body, {{"Content-Type", "text/csv; charset=utf-8"}});
  }
};

TEST_F(PlainScoringTest, AnAnswerHoldsScoresModelVersionLineageAndTimes) {
  const auto answer = json::parse(Post("/score/made", R"({"rows":[[1,2,3],[0,0,-1]]})").body);
  EXPECT_EQ(answer.at("model"), "made");
  EXPECT_EQ(answer.at("version"), "1");
  EXPECT_EQ(answer.at("scores"), json({6, -1}));
  ASSERT_EQ(answer.at("lineage").size(), 2U);
  EXPECT_TRUE(LineageId::Parse(answer.at("lineage")[0].get<std::string>()));
  EXPECT_NE(answer.at("lineage")[0], answer.at("lineage")[1]);
  for (const auto* stage : {"parse", "queue", "infer", "write"}) EXPECT_GE(answer.at("milliseconds").at(stage).get<double>(), 0) << stage;
  EXPECT_FALSE(answer.contains("labels"));
}

TEST_F(PlainScoringTest, OneRowAnArrayOfRowsAndTheOlderFormAreAllRows) {
  EXPECT_EQ(Scores("made", "[1,2,3]"), json({6}));
  EXPECT_EQ(Scores("made", "[[1,2,3],[4,5,6]]"), json({6, 15}));
  EXPECT_EQ(Scores("made", R"({"rows":[[1,2,3]]})"), json({6}));
  EXPECT_EQ(Scores("made", "[[1,null,3]]"), json({nullptr}));
  EXPECT_EQ(Scores("named", R"({"distance":1,"carrier":"UA","wait":0.5})"), json({2.5}));
  EXPECT_EQ(Scores("named", R"([{"wait":1,"distance":1,"carrier":"AA"},{"carrier":"??","distance":0,"wait":0}])"), json({2, 2}));
}

TEST_F(PlainScoringTest, ValuesAreEncodedByTheModelsProgram) {
  EXPECT_EQ(Scores("named", R"({"rows":[{"wait":0.5,"carrier":"UA","distance":-1}]})"), json({0.5}));  // UA is word 1
  EXPECT_EQ(Scores("named", R"({"rows":[{"carrier":"XX","wait":0,"distance":0}]})"), json({2}));       // "other" comes after the words
  EXPECT_EQ(Scores("named", R"({"rows":[{"distance":-1}]})"), json({nullptr}));                        // what is left out is missing
  EXPECT_EQ(Scores("named", R"({"rows":[[1,1,1]]})"), json({3}));  // a list of numbers is encoded already
  EXPECT_EQ(Scores("named", R"({"rows":[[1,"UA",1]]})"), json({3}));
  for (const auto* row :
       {R"({"speed":1})", R"({"carrier":1})", R"({"wait":"1"})", R"({"wait":true})", R"({"wait":1,"wait":2})", R"({"wait":[1]})",
        R"({"wait":{}})", R"({"wait":1e39})", R"([1,"UA"])", R"(["1",1,1])", "7", "null", R"("text")"}) {
    EXPECT_EQ(Post("/score/named", std::string(R"({"rows":[)") + row + "]}").status, 400) << row;
  }
  EXPECT_EQ(json::parse(Send("GET", "/v2/models/named").body).at("columns"), json({"distance", "carrier", "wait"}));
}

TEST_F(PlainScoringTest, WhatOnlyASiteCanDoIsRefusedAndSaysSo) {
  for (const auto* body : {R"({"distance":1,"carrier":"UA"})", R"({"distance":1,"carrier":"UA","wait":1,"temperature":3})"}) {
    const auto response = Post("/score/streaming", body);
    EXPECT_EQ(response.status, 412) << response.body;
    EXPECT_EQ(json::parse(response.body).at("code"), "FAILED_PRECONDITION");
    EXPECT_THAT(response.body, testing::HasSubstr("ask the site"));
  }
  EXPECT_EQ(Csv("streaming", "distance,carrier\n1,UA\n").status, 412);
  EXPECT_EQ(Scores("streaming", R"({"distance":1,"carrier":"UA","wait":1})"), json({3}));  // complete: nothing is left to compute
  EXPECT_EQ(Post("/score/named", R"({"rows":[{"wait":1}],"durability":"stored"})").status, 412);
  EXPECT_EQ(Post("/score/named?durability=stored", R"({"wait":1})").status, 412);
}

TEST_F(PlainScoringTest, CsvIsRowsWithTheirNamesInTheFirstLine) {
  EXPECT_EQ(json::parse(Csv("named", "wait,carrier,distance\n1,UA,2\r\n0.5,\"AA\",1\n").body).at("scores"), json({4, 1.5}));
  EXPECT_EQ(json::parse(Csv("named", "\xEF\xBB\xBFwait,carrier,distance\n,UA,2").body).at("scores"), json({nullptr}));
  EXPECT_EQ(json::parse(Csv("columns", "port,age,count\n\"a \"\"b\"\", c\",1.5,7\n").body).at("labels"), json({"a \"b\", c"}));
  for (const auto* csv :
       {"", "\n", "wait\n", "wait,carrier,distance\n", "wait,wait\n1,2\n", "speed\n1\n", "wait\n1,2\n", "wait,distance\n1\n", "wait\nx\n",
        "wait\n\"1\n", "wait\n1\"2\n", "wait\n\"1\"2\n", "wait\n1e39\n", "wait\ninf\n", "wait\n0x10\n", ",wait\n1,2\n", "wait\n\xff\n"}) {
    EXPECT_EQ(Csv("named", csv).status, 400) << csv;
  }
}

TEST_F(PlainScoringTest, CsvWhoseFirstLineIsARowIsRefusedNotReadWithoutIt) {
  for (const auto* model : {"made", "named"}) {
    const auto response = Csv(model, "5.1,3.5,1.4\n4.9,3.0,1.4\n");
    EXPECT_EQ(response.status, 400) << model;
    EXPECT_THAT(response.body, testing::HasSubstr("the first line must name the columns")) << model;
  }
}

TEST_F(PlainScoringTest, CsvForATableNamesPlacesAndNoOrderOfOtherNamesIsTakenOnTrust) {
  EXPECT_EQ(json::parse(Csv("two", "x0,x1\n1,2\n").body).at("scores"), json({2}));
  EXPECT_EQ(json::parse(Csv("two", "x1,x0\n1,2\n").body).at("scores"), json({1}));
  EXPECT_EQ(json::parse(Csv("made", "x2,x0,x1\n1,2,3\n").body).at("scores"), json({6}));
  for (const auto* csv : {"a,b\n1,2\n", "x1,x2\n1,2\n", "x0\n1\n", "x0,x1,x2\n1,2,3\n", "x0,x01\n1,2\n", "x0,x\n1,2\n", "x0,1\n1,2\n",
                          "x0,x-1\n1,2\n", "x0,x0\n1,2\n"}) {
    EXPECT_EQ(Csv("two", csv).status, 400) << csv;
  }
  EXPECT_THAT(Csv("two", "petal,sepal\n1,2\n").body, testing::AllOf(testing::HasSubstr(R"(\"petal\")"), testing::HasSubstr("x0 to x1")));
}

TEST_F(PlainScoringTest, AVersionThatWasAskedForAnswers) {
  EXPECT_EQ(Scores("twice/versions/1", "[1,2,3]"), json({6}));
  EXPECT_EQ(Scores("twice/versions/2", "[1,2,3]"), json({106}));
  EXPECT_EQ(Post("/v1/models/twice/versions/2:predict", R"({"instances":[[1,2,3]]})").body, R"({"predictions":[[106]]})");
  EXPECT_EQ(Post("/score/twice/versions/3", "[1,2,3]").status, 404);
  EXPECT_EQ(Post("/v1/models/twice/versions/3:predict", R"({"instances":[[1,2,3]]})").status, 404);
  const auto paths = json::parse(Send("GET", "/openapi.json").body).at("paths");
  EXPECT_TRUE(paths.contains("/score/{model}/versions/{version}"));
  EXPECT_TRUE(paths.contains("/v1/models/{model}/versions/{version}:predict"));
}

TEST_F(PlainScoringTest, ErrorsNameTheModelOnceAndSayWhatToDo) {
  const auto error = [](const net::HttpResponse& response) { return json::parse(response.body).at("error").get<std::string>(); };
  for (const auto* model : {"made", "image"}) {
    const std::string text = error(Post(std::string("/score/") + model, R"({"a":1})"));
    EXPECT_THAT(text, testing::StartsWith(std::string("model \"") + model + "\": "));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr(std::string("model \"") + model + "\" "))) << "said twice";
  }
  EXPECT_THAT(error(Post("/score/text", R"([["a","b"]])")), testing::HasSubstr("\"text\": no output"));
  EXPECT_THAT(error(Post("/score/named", R"({"speed":1})")), testing::HasSubstr(R"(there are "distance", "carrier", "wait")"));
  EXPECT_THAT(error(Post("/score/named", R"({"speed":1})")), testing::HasSubstr("lists its columns"));
  EXPECT_THAT(error(Post("/score/columns", R"({"speed":1})")), testing::HasSubstr("lists its inputs"));
  const std::string hint = "for CSV send Content-Type: text/csv";
  EXPECT_THAT(error(Post("/score/named", "wait,carrier\n1,UA\n")), testing::HasSubstr(hint));
  EXPECT_THAT(error(Post("/score/named", R"({"wait":)")), testing::Not(testing::HasSubstr(hint)));
  EXPECT_THAT(error(Post("/score/named", "\n [{]")), testing::Not(testing::HasSubstr(hint)));
}

TEST_F(PlainScoringTest, AnErrorListsTenColumnsAndCountsTheRest) {
  const auto response = Post("/score/wide", R"({"speed":1})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body,
              testing::AllOf(testing::HasSubstr("c9"), testing::HasSubstr("and 2 more"), testing::Not(testing::HasSubstr("c10"))));
}

TEST_F(PlainScoringTest, AnInputForEachColumnIsFilledByItsName) {
  const auto answer = json::parse(Post("/score/columns", R"([{"count":7,"age":1.5,"port":"EWR"},{"port":"JFK","count":-1}])").body);
  EXPECT_EQ(answer.at("scores"), json({1.5, nullptr}));
  EXPECT_EQ(answer.at("labels"), json({"EWR", nullptr}));  // no score, no label
  EXPECT_EQ(Scores("columns", R"([[1.5,"EWR",9007199254740993]])"), json({1.5}));
  for (const auto* row :
       {R"({"age":1})", R"({"age":1,"port":"a"})", R"({"age":1,"port":5,"count":1})", R"({"age":1,"port":"a","count":1.5})",
        R"({"age":1,"port":null,"count":1})", R"({"age":1,"port":"a","count":18446744073709551615})"}) {
    EXPECT_EQ(Post("/score/columns", row).status, 400) << row;
  }
}

TEST_F(PlainScoringTest, LabelsAreTheLargestClass) {
  const auto three = json::parse(Post("/score/classes", "[[0.1,0.7,0.2],[5,1,1],[null,1,2]]").body);
  EXPECT_EQ(three.at("scores"), json::parse("[[0.1,0.7,0.2],[5,1,1],[null,1,2]]"));
  EXPECT_EQ(three.at("labels"), json({1, 0, nullptr}));
  const auto two = json::parse(Post("/score/two", "[[0.25,0.75],[1,0]]").body);
  EXPECT_EQ(two.at("scores"), json({0.75, 0}));
  EXPECT_EQ(two.at("labels"), json({1, 0}));
  EXPECT_EQ(json::parse(Post("/score/two", "[[0.25,null],[1,0]]").body).at("labels"), json({nullptr, 0}));
}

TEST_F(PlainScoringTest, WhatIsNoRowIsRefused) {
  for (const auto* body : {"",
                           "[]",
                           "{",
                           "7",
                           "null",
                           "\"x\"",
                           R"({"rows":[]})",
                           R"({"rows":[1]})",
                           R"({"rows":[[1,2]]})",
                           R"({"rows":[[1,2,3,4]]})",
                           R"({"rows":[[1,2,"x"]]})",
                           R"({"rows":[{"distance":1}]})",
                           "[[1,2,3],4]",
                           "[[1,2,3],[[1],2,3]]",
                           "[1,2,3]x",
                           "[1,2,3][1,2,3]",
                           R"({"rows":[[1,2,3]],"rows":[[1,2,3]]})",
                           "[1,2,NaN]",
                           "[1,2,1e400]",
                           "[1,2,3,]"}) {
    EXPECT_EQ(Post("/score/made", body).status, 400) << body;
  }
  std::string many = "[[1,2,3]";
  for (int i = 0; i < 1024; ++i) many += ",[1,2,3]";
  EXPECT_EQ(Post("/score/made", many + "]").status, 400);
  EXPECT_EQ(Post("/score/image", "[1]").status, 412);
  EXPECT_EQ(Post("/score/text", R"([["a","b"]])").status, 412);  // no numbers to show
  EXPECT_EQ(Scores("made", "[1,2,3]"), json({6}));
}

TEST_F(PlainScoringTest, PredictAnswersKServesFirstVersion) {
  const auto predict = [&](const std::string& model, const std::string& body) { return Post("/v1/models/" + model + ":predict", body); };
  EXPECT_EQ(predict("made", R"({"instances":[[1,2,3],[4,5,6]]})").body, R"({"predictions":[[6],[15]]})");
  EXPECT_EQ(predict("named", R"({"signature_name":"x","instances":[{"wait":1,"carrier":"UA","distance":0}]})").body,
            R"({"predictions":[[2]]})");
  EXPECT_EQ(predict("image", R"({"instances":[[[1,2],[3,4]],[[5,6],[7,8]]]})").body, R"({"predictions":[[[1,2],[3,4]],[[5,6],[7,8]]]})");
  EXPECT_EQ(predict("columns", R"({"instances":[{"age":1,"port":"a","count":3}]})").body,
            R"({"predictions":[{"echo_age":[1],"echo_port":["a"],"echo_count":3}]})");
  EXPECT_EQ(predict("text", R"({"instances":[["a","b"]]})").body, R"({"predictions":[["a","b"]]})");
  for (const auto* body : {"", "{}", "[]", R"({"instances":[]})", R"({"instances":{}})", R"({"instances":[1]})", R"({"instances":[[1,2]]})",
                           R"({"instances":[[1,2,"3"]]})"}) {
    EXPECT_EQ(predict("made", body).status, 400) << body;
  }
  for (const auto* body : {R"({"instances":[[[1,2],[3]]]})", R"({"instances":[[[1,2],3]]})", R"({"instances":[[[1,256],[3,4]]]})",
                           R"({"instances":[[[1,2],[3,4]],1]})", R"({"instances":[[]]})", R"({"instances":[[[{},2],[3,4]]]})",
                           R"({"instances":[[[1,2,3],[1,2,3]]]})"}) {
    EXPECT_EQ(predict("image", body).status, 400) << body;
  }
  EXPECT_EQ(predict("other", R"({"instances":[[1]]})").status, 404);
}

}  // namespace
}  // namespace edgewise::score::test
