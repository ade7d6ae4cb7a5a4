// What two servers could understand differently is refused, and ends its connection; what follows is never taken for a request.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "net/framing_cases_test.h"
#include "net/http_view.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Counts the requests that it sees; the answer says nothing of them.
struct Counting {
  std::atomic<int> served = 0;
  std::atomic<int> smuggled = 0;
  std::unique_ptr<HttpServer> server;

  explicit Counting(const HttpServer::Options& options = {}) {
    const auto count = [this](const RequestView& request, ResponseWriter& response, std::size_t) {
      ++served;
      if (request.path() == "/smuggled" || !request.header("Authorization").empty()) ++smuggled;
      response.body() = ".";
      response.Send(200, "text/plain");
    };
    auto started = StartViews({{"127.0.0.1:0"}}, count, options);
    EXPECT_TRUE(started) << (started ? "" : started.error().message);
    server = std::move(*started);
  }
  const std::string& address() const { return server->addresses().at(0); }
  bool ServesAnHonestRequest() const {
    HttpClient next({address()});
    const auto answer = next.Send({}, Deadline::After(seconds(10)));
    return answer && answer->status == 200;
  }
};

int AnswersIn(const std::string& text) {
  int count = 0;
  constexpr std::string_view kOnce = "\r\nContent-Length: ";
  for (auto at = text.find(kOnce); at != std::string::npos; at = text.find(kOnce, at + 1)) ++count;
  return count;
}

TEST(Framing, DoubtfulRequestsAreRefusedAndEndTheirConnection) {
  const Counting counting;
  for (const auto& one : FramingCases()) {
    if (one.status == 200) continue;
    RawClient client(counting.address());
    client.Send(one.bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answers = client.ReadAll();
    EXPECT_TRUE(answers.starts_with("HTTP/1.1 " + std::to_string(one.status) + ' ')) << one.name << ": " << answers;
    EXPECT_EQ(AnswersIn(answers), 1) << one.name << ": " << answers;
    EXPECT_TRUE(client.closed()) << one.name;
    EXPECT_EQ(counting.served, 0) << one.name;
  }
  EXPECT_TRUE(counting.ServesAnHonestRequest());
}

TEST(Framing, OddButClearRequestsAreServedAndSoIsTheNext) {
  const Counting counting;
  for (const auto& one : FramingCases()) {
    if (one.status != 200) continue;
    RawClient client(counting.address());
    client.Send(one.bytes + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answers = client.ReadAll();
    EXPECT_EQ(AnswersIn(answers), 2) << one.name << ": " << answers;
    EXPECT_EQ(answers.find(" 101 "), std::string::npos) << one.name;
    EXPECT_TRUE(client.closed()) << one.name;
  }
  EXPECT_EQ(counting.smuggled, 0);
  EXPECT_TRUE(counting.ServesAnHonestRequest());
}

TEST(Framing, AClientThatSendsByteByByteForTooLongIsClosed) {
  const Counting counting({.idle = milliseconds(40)});
  for (const auto& slow : {GetWith("Host: x\r\nX-Slow: " + std::string(1u << 20, 'x')),
                           PostWith("Content-Length: 1000000\r\n", std::string(1'000'000, 'x'))}) {
    RawClient client(counting.address());
    const auto soon = Deadline::After(seconds(20));
    std::size_t at = 0;
    while (!client.closed() && !soon.Expired() && at < slow.size()) {
      client.Send(std::string_view(slow).substr(at++, 1));
      client.ReadAll(Deadline::After(milliseconds(2)));
    }
    EXPECT_TRUE(client.closed()) << "after " << at << " bytes";
  }
  EXPECT_EQ(counting.served, 0);
  EXPECT_TRUE(counting.ServesAnHonestRequest());
}

TEST(Framing, ConnectionsWithoutAByteKeepNobodyOut) {
  const Counting counting;
  std::deque<RawClient> silent;
  for (int i = 0; i < 300; ++i) silent.emplace_back(counting.address());
  EXPECT_TRUE(counting.ServesAnHonestRequest());
}

TEST(Framing, AnExpectationIsAnsweredOnceAndThenNothingIsClosed) {
  const Counting counting({.idle = milliseconds(40)});
  RawClient client(counting.address());
  client.Send(PostWith("Expect: 100-continue\r\nContent-Length: 5\r\n", ""));
  EXPECT_EQ(client.ReadAll(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(counting.served, 0);
}

}  // namespace
}  // namespace edgewise::net
