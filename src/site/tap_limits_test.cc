#include "site/made_tap_test.h"

namespace edgewise::site::test {
namespace {

TEST_F(TapTest, AConnectionIsKeptAndPipelinedRequestsGetTheirOwnScores) {
  site_.AnswerWith([n = 0](const Question&) mutable {
    auto answer = Scored();
    answer.body.replace(answer.body.find("0.25"), 4, fmt::format("0.{:02}", ++n));
    return answer;
  });
  Open(kLong);
  const Wire client(tap_->address());
  const auto plain = std::string("GET /orders HTTP/1.1\r\nHost: a\r\n\r\n");
  client.Send(Post() + plain + Post());
  const auto served = application_.Accept();
  EXPECT_EQ(served.Read(2 * Post().size() + plain.size()), Post() + plain + Post());
  served.Send(Reply() + Reply("plain") + Reply());
  auto first = WithScore(Reply()), last = first;
  first.replace(first.find("0.25"), 4, "0.01");
  last.replace(last.find("0.25"), 4, "0.02");
  EXPECT_EQ(client.Read(first.size() + Reply("plain").size() + last.size()), first + Reply("plain") + last);
  client.Send(plain);
  EXPECT_EQ(served.Read(plain.size()), plain) << "the same connection";
  served.Send(Reply());
  EXPECT_EQ(client.Read(Reply().size()), Reply());
}

TEST_F(TapTest, AReplyWaitsForItsScoreNoLongerThanConfiguredAndALateAnswerTouchesNothing) {
  Open(std::chrono::milliseconds(1));
  const Wire client(tap_->address());
  client.Send(Post());
  const auto served = application_.Accept();
  served.Read(Post().size());
  served.Send(Reply());
  EXPECT_EQ(client.Read(Reply().size()), Reply());
  EXPECT_EQ(Count("late"), 1);
  site_.Answer(Scored());  // its row and events are there all the same
  client.Send("GET / HTTP/1.1\r\n\r\n");
  served.Send(Reply("next"));
  EXPECT_EQ(client.Read(Reply("next").size()), Reply("next"));
  EXPECT_EQ(Count("scored"), 0);
}

TEST_F(TapTest, AHeadThatWaitsGoesWhenTheScoreComes) {
  Open(kLong);
  const Wire client(tap_->address());
  client.Send(Post());
  const auto served = application_.Accept();
  served.Read(Post().size());
  served.Send(Reply());
  AwaitQuestions(1);
  site_.Answer(Scored());
  EXPECT_EQ(client.Read(WithScore(Reply()).size()), WithScore(Reply()));
  EXPECT_EQ(Count("scored"), 1);
}

TEST_F(TapTest, AReplyBeforeTheRequestIsCompletePassesAndSoDoesTheRest) {
  Open(kLong);
  const Wire client(tap_->address());
  client.Send(Post().substr(0, Post().size() - 5));
  const auto served = application_.Accept();
  served.Read(Post().size() - 5);
  served.Send(Reply("too much", "413 Enough"));
  EXPECT_EQ(client.Read(Reply("too much", "413 Enough").size()), Reply("too much", "413 Enough"));
  AwaitCount("early", 1);
  client.Send(Post().substr(Post().size() - 5));
  EXPECT_EQ(served.Read(5), Post().substr(Post().size() - 5));
  EXPECT_TRUE(site_.questions().empty());
}

TEST_F(TapTest, QuestionsUnderWayAreBounded) {
  Open(std::chrono::milliseconds(1), [](TapOptions& options) { options.most_asked = 1; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Exchange(Post(), Reply(), Reply().size()).second, Reply());
  EXPECT_EQ(site_.questions().size(), 1U);
  EXPECT_EQ(Count("busy"), 2);
}

TEST_F(TapTest, AnApplicationThatIsNotThereIsNamedIn502) {
  auto gone = std::make_unique<Application>();
  const auto address = gone->address();
  gone.reset();
  Open(kLong, [&](TapOptions& options) { options.upstream = address; });
  const Wire client(tap_->address());
  client.Send(Post());
  client.EndSending();
  const auto answer = client.ReadAll();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
  EXPECT_NE(answer.find("tap \\\"orders\\\": the application at " + address), std::string::npos) << answer;
}

TEST_F(TapTest, TheClientsEndReachesTheApplicationAndItsLastBytesStillReturn) {
  Open(kLong);
  const Wire client(tap_->address());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.EndSending();
  const auto served = application_.Accept();
  EXPECT_EQ(served.ReadAll(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  served.Send(Reply());
  served.EndSending();
  EXPECT_EQ(client.ReadAll(), Reply());
}

TEST_F(TapTest, ConnectionsAreBoundedAndTheNextOneAfterThemWorks) {
  Open(kLong, [](TapOptions& options) { options.most_connections = 1; });
  {
    const Wire first(tap_->address());
    first.Send("GET / HTTP/1.1\r\n\r\n");
    const auto served = application_.Accept();
    EXPECT_EQ(Wire(tap_->address()).ReadAll(), "") << "closed at once";
    served.Read(18);
    served.Send(Reply());
    EXPECT_EQ(first.Read(Reply().size()), Reply());
    served.EndSending();
    EXPECT_EQ(first.ReadAll(), "");
    first.EndSending();
    EXPECT_EQ(served.ReadAll(), "");
  }
  EXPECT_EQ(Exchange("GET / HTTP/1.1\r\n\r\n", Reply(), Reply().size()).second, Reply());
}

TEST_F(TapTest, AnEndOfTheTapLetsTheReplyInFlightPass) {
  Open(kLong);
  const Wire client(tap_->address());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  const auto served = application_.Accept();
  served.Read(18);
  std::thread ending([&] { tap_.reset(); });
  served.Send(Reply());
  EXPECT_EQ(client.ReadAll(), Reply());
  ending.join();
}

TEST_F(TapTest, ATakenPortIsNamed) {
  Open(kLong);
  const auto second = Tap::Start({.name = "second", .listen = tap_->address(), .upstream = "127.0.0.1:1"}, "EWR", site_.ask(), metrics_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_NE(second.error().message.find(tap_->address()), std::string::npos);
}

}  // namespace
}  // namespace edgewise::site::test
