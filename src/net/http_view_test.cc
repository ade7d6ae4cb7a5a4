#include "net/http_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<HttpServer> StartServer(ViewHandler handler, const HttpServer::Options& options = {}) {
  auto server = StartViews({{"127.0.0.1:0"}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

void Echo(const RequestView& request, ResponseWriter& response, std::size_t) {
  response.body().append(request.method).append(" ").append(request.target).append(" ").append(request.body);
  response.Send(200, "text/plain");
}

std::string Get(std::string_view target, std::string_view lines = "") {
  return std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(lines).append("\r\n");
}
std::string Last(std::string_view target = "/last") { return Get(target, "Connection: close\r\n"); }

/// Sends all of it at once; answers all that comes until the server closes.
std::string Ask(const HttpServer& server, std::string_view requests) {
  RawClient client(server.addresses().at(0));
  EXPECT_EQ(client.Send(requests), requests.size());
  auto answers = client.ReadAll();
  EXPECT_TRUE(client.closed());
  return answers;
}

/// Keeps what is answered later.
class Later {
 public:
  void Keep(Responder responder) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(responder));
    changed_.notify_all();
  }
  std::vector<Responder> Take(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(10), [&] { return kept_.size() >= count; }));
    return std::exchange(kept_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> kept_;
};

TEST(HttpView, AnswersLeaveInOrderWhetherTheyComeNowOrLaterFromAnyThread) {
  Later later;
  const auto server = StartServer([&](const RequestView& request, ResponseWriter& response, std::size_t thread) {
    if (request.path() == "/later") return later.Keep(response.Later());
    response.AddHeader("X-Now", "yes");
    Echo(request, response, thread);
  });
  RawClient client(server->addresses().at(0));
  client.Send(Get("/1") + Get("/later") + Get("/2") + Get("/later") + Last());
  auto kept = later.Take(2);
  std::thread([&] { kept.at(1)({200, {{"X-Late", "second"}}, "B"}); }).join();
  std::thread([&] { kept.at(0)({200, {{"X-Late", "first"}}, "A"}); }).join();
  kept.at(0)(HttpResponse::Text(200, "again"));
  EXPECT_EQ(client.ReadAll(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Now: yes\r\nContent-Length: 7\r\n\r\nGET /1 "
            "HTTP/1.1 200 OK\r\nX-Late: first\r\nContent-Length: 1\r\n\r\nA"
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Now: yes\r\nContent-Length: 7\r\n\r\nGET /2 "
            "HTTP/1.1 200 OK\r\nX-Late: second\r\nContent-Length: 1\r\n\r\nB"
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Now: yes\r\nContent-Length: 10\r\nConnection: close\r\n\r\nGET /last ");
}

TEST(HttpView, AnAnswerToHeadOrWithoutContentHasNoBody) {
  const auto server = StartServer([](const RequestView& request, ResponseWriter& response, std::size_t) {
    response.body() = "12345";
    response.Send(request.path() == "/none" ? 204 : 200, "");
  });
  EXPECT_EQ(Ask(*server, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/none") + Last()),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
            "HTTP/1.1 204 No Content\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345");
}

TEST(HttpView, NoHeaderSmugglesAnotherOneOrTheFraming) {
  const auto server = StartServer([](const RequestView&, ResponseWriter& response, std::size_t) {
    response.AddHeader("X-A", "a\r\nX-B: b");
    response.AddHeader("X-A\n", "a");
    response.AddHeader("content-length", "77");
    response.AddHeader("Connection", "upgrade");
    response.AddHeader("X-Fine", "yes");
    response.Send(200, "");
  });
  EXPECT_EQ(Ask(*server, Last()), "HTTP/1.1 200 OK\r\nX-Fine: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(HttpView, AClientOfHttp10IsToldThatItsConnectionStaysOpenOrItIsClosed) {
  const auto server = StartServer(Echo);
  EXPECT_EQ(Ask(*server, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nGET /a "
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /b ");
}

TEST(HttpView, ContinueIsSaidWhenEarlierAnswersHaveLeft) {
  Later later;
  const auto server = StartServer([&](const RequestView& request, ResponseWriter& response, std::size_t thread) {
    if (request.path() == "/later") return later.Keep(response.Later());
    Echo(request, response, thread);
  });
  RawClient client(server->addresses().at(0));
  client.Send(Get("/later") + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  later.Take(1).at(0)({200, {}, "A"});
  std::string got;
  const auto soon = Deadline::After(seconds(10));
  while (!got.ends_with("100 Continue\r\n\r\n") && !soon.Expired()) got += client.ReadAll(Deadline::After(milliseconds(5)));
  EXPECT_EQ(got, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nAHTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_TRUE(client.ReadAll().ends_with("\r\n\r\nPOST /b hello"));
}

TEST(HttpView, AnEarlyAnswerReachesAClientThatIsStillSending) {
  const auto server = StartServer(Echo, {.max_body = 1u << 20});
  const std::string body(8u << 20, 'x');
  for (const std::string lines : {"Content-Length: 8388608\r\n", "Content-Length: 1\r\nConnection: close\r\n"}) {
    RawClient client(server->addresses().at(0));
    const auto request = "POST / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" + body;
    EXPECT_EQ(client.Send(request), request.size()) << "it is read, and thrown away";
    const auto answer = client.ReadAll();
    EXPECT_TRUE(answer.starts_with(lines.find("close") != std::string::npos ? "HTTP/1.1 200 " : "HTTP/1.1 413 ")) << answer;
  }
}

TEST(HttpView, AHandlerThatForgetsToAnswerOrAnswersTwiceCostsNobodyElse) {
  Later later;
  const auto server = StartServer([&](const RequestView& request, ResponseWriter& response, std::size_t thread) {
    if (request.path() == "/forgets") return;
    if (request.path() == "/throws") {
      later.Keep(response.Later());
      throw std::runtime_error("late");
    }
    Echo(request, response, thread);
    response.body() = "second";
    response.Send(500, "text/plain");
    response.Later()(HttpResponse::Text(500, "third"));
  });
  const auto answers = Ask(*server, Get("/twice") + Get("/forgets") + Get("/throws") + Last());
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 ")) << answers;
  EXPECT_TRUE(answers.ends_with("GET /last ")) << answers;
  std::size_t failed = 0;
  for (auto at = answers.find("HTTP/1.1 500 "); at != std::string::npos; at = answers.find("HTTP/1.1 500 ", at + 1)) ++failed;
  EXPECT_EQ(failed, 2U) << answers;
  later.Take(1).at(0)(HttpResponse::Text(200, "after the 500"));
}

TEST(HttpView, ConnectionsAreSpreadOverTheThreadsAndStayThere) {
  std::mutex mutex;
  std::map<std::string, std::set<std::pair<std::size_t, std::thread::id>>> seen;
  const auto server = StartServer(
      [&](const RequestView& request, ResponseWriter& response, std::size_t thread) {
        {
          const std::lock_guard lock(mutex);
          seen[std::string(request.target)].insert({thread, std::this_thread::get_id()});
        }
        Echo(request, response, thread);
      },
      {.threads = 3});
  std::deque<HttpClient> clients;
  for (int i = 0; i < 6; ++i) clients.emplace_back(Address{server->addresses().at(0)});
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto answer = clients[i].Send({.target = '/' + std::to_string(i), .headers = {}, .body = {}}, Deadline::After(seconds(10)));
      ASSERT_TRUE(answer) << answer.error().message;
    }
  }
  server->Stop();
  std::map<std::size_t, std::size_t> connections;
  for (const auto& [target, threads] : seen) {
    ASSERT_EQ(threads.size(), 1U) << target;
    ++connections[threads.begin()->first];
  }
  EXPECT_EQ(connections, (std::map<std::size_t, std::size_t>{{0, 2}, {1, 2}, {2, 2}}));
}

}  // namespace
}  // namespace edgewise::net
