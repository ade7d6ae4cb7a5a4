#include "site/made_tap_test.h"

namespace edgewise::site::test {
namespace {

struct Case {
  std::string name, request, reply;
  bool scored = false;
};

std::vector<Case> Cases() {
  const std::string large(3u << 20, 'x');
  const std::string chunked = "POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {
      {"plain", Post(), Reply(), true},
      {"head in lower case and odd spaces",
       "POST /orders/7?q=%20 HTTP/1.1\r\nhost:a\r\ncontent-length:   " + std::to_string(kBody.size()) + "\r\n\r\n" + kBody, Reply(), true},
      {"chunked request",
       chunked + "5;ext=1\r\n" + kBody.substr(0, 5) + "\r\n" + fmt::format("{:X}\r\n", kBody.size() - 5) + kBody.substr(5) +
           "\r\n0\r\nTrailer: t\r\n\r\n",
       Reply(), true},
      {"chunked reply", Post(),
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\nB\r\npedia in ch.\r\n0\r\nX-T: 1\r\n\r\n", true},
      {"reply until the end", Post(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100'000, 'y'), true},
      {"HTTP/1.0", "POST /orders HTTP/1.0\r\nContent-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" + kBody,
       "HTTP/1.0 200 OK\r\n\r\nold", true},
      {"large reply", Post(), Reply(large), true},
      {"continue first", Post(kBody, "Expect: 100-continue\r\n"), "HTTP/1.1 100 Continue\r\n\r\n" + Reply(), true},
      {"no body in the reply", Post(), "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", true},
      {"an error of the application", Post(), Reply("broken", "500 Oh no"), true},
      {"large request", Post(large), Reply()},
      {"compressed request", Post("\x1f\x8b\x08", "Content-Encoding: gzip\r\n"), Reply()},
      {"no JSON", Post("a=1&b=2"), Reply()},
      {"without the fields", Post(R"({"other":1})"), Reply()},
      {"another method", "GET /orders HTTP/1.1\r\nHost: a\r\n\r\n", Reply()},
      {"another path", "POST /ordersheet HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", Reply()},
      {"HEAD", "HEAD /orders HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
      {"no HTTP", std::string("\x16\x03\x01 hello \0 there\r\n\r\n", 20), std::string("\0\1\2 whatever", 12)},
      {"both lengths", "POST /orders HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Reply()},
      {"a reply that is no HTTP", Post(), "NOT HTTP AT ALL\r\n\r\n"},
      {"an upgrade", "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello",
       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05there"},
      {"a reply that ends half-way", Post(), "HTTP/1.1 200 OK\r\nContent-Le"},
  };
}

TEST_F(TapTest, RequestsArriveAndRepliesReturnByteForByteWhetherScoringIsDownSlowOrRefuses) {
  using std::chrono::milliseconds;
  const std::vector<std::pair<std::string, AskedSite::Answering>> sites = {
      {"down", [](const Question&) { return net::HttpResponse::FromError({Code::kUnavailable, "planted"}); }},
      {"refuses", [](const Question&) { return net::HttpResponse::FromError({Code::kInvalidArgument, "planted"}); }},
      {"says nonsense", [](const Question&) { return net::HttpResponse::Json(200, R"({"score":"\r\nSet-Cookie: a=b","lineage":7})"); }},
      {"says nothing", nullptr}};
  for (const auto& [how, answering] : sites) {
    site_.AnswerWith(answering);
    Open(answering ? kLong : milliseconds(1));
    for (const auto& each : Cases()) {
      const auto [got, answered] = Exchange(each.request, each.reply, each.reply.size() + 1);
      EXPECT_TRUE(got == each.request) << how << ": " << each.name;
      EXPECT_TRUE(answered == each.reply) << how << ": " << each.name << ": " << answered.substr(0, 300);
    }
  }
}

TEST_F(TapTest, AScoreInTimeAddsItsHeadersAndNothingElse) {
  site_.AnswerWith([](const Question&) { return Scored(); });
  Open(kLong);
  double scored = 0;
  for (const auto& each : Cases()) {
    auto expected = each.reply;
    const auto head = each.reply.starts_with("HTTP/1.1 100") ? each.reply.find("\r\n\r\n") + 4 : 0;
    if (each.scored) expected.insert(expected.find("\r\n\r\n", head) + 2, kScoreHeaders);
    const auto [got, answered] = Exchange(each.request, each.reply, expected.size() + 1);
    EXPECT_TRUE(got == each.request) << each.name;
    EXPECT_TRUE(answered == expected) << each.name << ": " << answered.substr(0, 400);
    scored += each.scored ? 1 : 0;
  }
  const auto questions = site_.questions();
  ASSERT_GE(questions.size(), 1U);
  EXPECT_EQ(questions[0].name, "late");
  EXPECT_EQ(questions[0].body, R"({"carrier":"UA","hour":17})");
  EXPECT_EQ(Count("fields"), 2);
  EXPECT_EQ(Count("large"), 1);
  EXPECT_EQ(Count("encoded"), 1);
  EXPECT_EQ(Count("scored"), scored + 2) << "those whose reply was no HTTP, or half a head, were asked about too";
}

TEST_F(TapTest, HowTheBytesAreCutIntoPiecesChangesNothing) {
  site_.AnswerWith([](const Question&) { return Scored(); });
  Open(kLong);
  for (const auto& each : Cases()) {
    if (each.request.size() + each.reply.size() > 5000) continue;
    auto expected = each.reply;
    const auto head = each.reply.starts_with("HTTP/1.1 100") ? each.reply.find("\r\n\r\n") + 4 : 0;
    if (each.scored) expected.insert(expected.find("\r\n\r\n", head) + 2, kScoreHeaders);
    const auto [got, answered] = Exchange(each.request, each.reply, expected.size() + 1, 1);
    EXPECT_TRUE(got == each.request) << each.name;
    EXPECT_TRUE(answered == expected) << each.name << ": " << answered;
  }
}

}  // namespace
}  // namespace edgewise::site::test
