#include <fmt/ranges.h>

#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

using nlohmann::json;

/// Rows of POST /score/{model}: several at once, and what the answer says of each.
class ScoreRouteTest : public SiteTest {
 protected:
  net::HttpResponse PostCsv(std::string csv) { return Post("/score/late", std::move(csv), {{"Content-Type", "Text/CSV; header=present"}}); }
  std::string Array(std::initializer_list<std::string> rows) { return fmt::format("[{}]", fmt::join(rows, ",\n ")); }
};

TEST_F(ScoreRouteTest, OneRowIsAnsweredWithLabelVersionLineageAndTheTimeOfEachStage) {
  WaitUntilLive();
  const auto answer = json::parse(Score(0, "A").body);
  EXPECT_EQ(answer["label"], answer["score"] > 0.5 ? 1 : 0);
  EXPECT_EQ(answer["version"], "1");
  EXPECT_EQ(answer["model"], kModel.ToString());
  EXPECT_TRUE(LineageId::Parse(answer["lineage"].get<std::string>()));
  for (const auto* stage : {"features", "infer", "store"}) EXPECT_GE(answer["milliseconds"][stage], 0) << stage;
  EXPECT_GT(answer["milliseconds"]["store"], 0) << "the disk was waited for";
}

TEST_F(ScoreRouteTest, AnArrayIsScoredAsItsRowsWouldBe) {
  WaitUntilLive();
  const auto alone = json::parse(Score(0, "alone").body);
  const auto answer = Post("/score/late", Array({Asked(0, "A"), Asked(1, "B"), R"({"name":"C","due":"2013-02-08T14:00:00Z","amount":9})"}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto rows = json::parse(answer.body);
  ASSERT_EQ(rows["scores"].size(), 3U);
  EXPECT_EQ(rows["scores"][0], alone["score"]);
  EXPECT_GT(rows["scores"][2], rows["scores"][1]) << "its amount is larger";
  EXPECT_EQ(rows["labels"][2], 1);
  EXPECT_EQ(rows["models"], json({kModel.ToString(), kModel.ToString(), kModel.ToString()}));
  EXPECT_EQ(rows["versions"], json({"1", "1", "1"}));
  EXPECT_EQ(Status()["scored"], 4);
  for (const auto& lineage : rows["lineage"]) {
    EXPECT_EQ(Post("/labels", fmt::format(R"({{"lineage":{},"label":1,"time":"{}"}})", lineage.dump(), At(90))).status, 200)
        << "it is there";
  }
}

TEST_F(ScoreRouteTest, AnArraySaidAgainIsTheSameRows) {
  WaitUntilLive();
  const auto first = Post("/score/late", Array({Asked(0, "A"), Asked(1, "B")}));
  EXPECT_EQ(RowIn(Post("/score/late", Array({Asked(0, "A"), Asked(1, "B")}))), RowIn(first));
  const auto longer = RowIn(Post("/score/late", Array({Asked(2, "C"), Asked(1, "B")})));
  EXPECT_EQ(longer["lineage"][1], RowIn(first)["lineage"][1]) << "one of them was there";
  EXPECT_EQ(Status()["scored"], 3);
}

TEST_F(ScoreRouteTest, CsvIsRowsWhoseColumnsAreTheRequestsFields) {
  WaitUntilLive();
  const auto one = json::parse(Score(0, "A").body);
  const auto answer = PostCsv(fmt::format("time,name,due,amount\r\n{},A,{},0.5\r\n{},\"B, or C\",{},\r\n", At(0), At(60), At(1), At(61)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto rows = json::parse(answer.body);
  EXPECT_EQ(rows["scores"][0], one["score"]);
  EXPECT_EQ(rows["scores"].size(), 2U);
}

TEST_F(ScoreRouteTest, AWrongRowIsNamedAndNoneIsTaken) {
  WaitUntilLive();
  const auto message = [](const net::HttpResponse& answer) { return json::parse(answer.body)["error"].get<std::string>(); };
  const auto wrong = Post("/score/late", Array({Asked(0, "A"), R"({"name":5})"}));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(message(wrong).substr(0, 7), "row 2: ") << wrong.body;
  EXPECT_EQ(message(PostCsv("name,amount\nA,1\nB\n")), "line 3: the row has 1 cells, the header 2");
  EXPECT_EQ(message(PostCsv("name,amount\nA,much\n")).substr(0, 8), "line 2: ");
  for (const auto* body : {"[]", "[1]", "[[]]", "[{}", R"([{"name":"A"}] x)", "[{\"name\":\"A\"},]", "[null]"}) {
    EXPECT_EQ(Post("/score/late", body).status, 400) << body;
  }
  EXPECT_EQ(PostCsv("").status, 400);
  EXPECT_EQ(PostCsv("name,amount\n").status, 400) << "a header and no row";
  std::string many = "name\n";
  for (int i = 0; i < 1001; ++i) many += "A\n";
  EXPECT_EQ(message(PostCsv(many)), "the body holds 1001 rows, at most 1000: send them in parts");
  EXPECT_EQ(Status()["scored"], 0);
  EXPECT_EQ(Score(0, "A").status, 200);
}

TEST_F(ScoreRouteTest, AScorerThatDiedIsStartedAgainForAllRows) {
  WaitUntilLive();
  target_.Kill("late");
  const auto answer = Post("/score/late", Array({Asked(0, "A"), Asked(1, "B")}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["scores"].size(), 2U);
  EXPECT_EQ(Status()["scored"], 2);
}

}  // namespace
}  // namespace edgewise::site::test
