#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "net/http.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::seconds;

void Echo(const HttpRequest& request, const Responder& respond) { respond(HttpResponse::Text(200, request.body)); }

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, HttpServer::Options options = {}, std::string address = "127.0.0.1:0") {
  auto server = HttpServer::Start({{std::move(address)}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

HttpRequest Request(std::string method, std::string body) {
  return {.method = std::move(method), .target = "/", .headers = {}, .body = std::move(body)};
}
HttpRequest Post(std::string, std::string body) { return Request("POST", std::move(body)); }

/// A server by a script: what it answers to each request, connection by connection; "" closes. It counts the requests that it saw.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::vector<std::string>> connections) : connections_(std::move(connections)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    socklen_t size = sizeof at;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedServer() {
    shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    close(fd_);
  }
  const std::string& address() const { return address_; }
  void WaitUntilClosed(int connections) const {
    for (int now = closed_; now < connections; now = closed_) closed_.wait(now);
  }
  int Seen() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    return seen_;
  }

 private:
  void Run() {
    for (const auto& answers : connections_) {
      const int peer = accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      for (const auto& answer : answers) {
        std::string got;
        char piece[4096];
        for (ssize_t n = 1; n > 0 && got.find("\r\n\r\n") == std::string::npos;) {
          n = recv(peer, piece, sizeof piece, 0);
          if (n > 0) got.append(piece, static_cast<std::size_t>(n));
        }
        if (got.empty()) break;
        ++seen_;
        send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      close(peer);
      ++closed_;
      closed_.notify_all();
    }
  }
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<std::vector<std::string>> connections_;
  std::string address_;
  int seen_ = 0;
  std::atomic<int> closed_ = 0;
  std::thread thread_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string kHalf = kOk.substr(0, 30);
const std::string kNothing;

TEST(HttpClient, APostThatTheServerMayHaveDoneIsNotSentAgain) {
  for (const auto& lost : {kNothing, kHalf}) {
    ScriptedServer server({{kOk, lost}, {kOk}});
    {
      HttpClient client({server.address()});
      ASSERT_TRUE(client.Send(Request("POST", ""), Deadline::After(seconds(10))));
      const auto second = client.Send(Request("POST", ""), Deadline::After(seconds(10)));
      ASSERT_FALSE(second);
      EXPECT_EQ(second.error().code, Code::kUnavailable);
    }
    EXPECT_EQ(server.Seen(), 2);
  }
}

TEST(HttpClient, AGetIsSentAgainUnlessItsAnswerHadBegun) {
  for (const bool begun : {false, true}) {
    ScriptedServer server({{kOk, begun ? kHalf : kNothing}, {kOk}});
    {
      HttpClient client({server.address()});
      ASSERT_TRUE(client.Send(Request("GET", ""), Deadline::After(seconds(10))));
      EXPECT_EQ(client.Send(Request("GET", ""), Deadline::After(seconds(10))).has_value(), !begun);
    }
    EXPECT_EQ(server.Seen(), begun ? 2 : 3);
  }
}

TEST(HttpClient, APostGoesOnANewConnectionWhenTheServerHasClosedTheIdleOne) {
  ScriptedServer server({{kOk}, {kOk}, {kOk}});
  HttpClient client({server.address()});
  for (int i = 1; i <= 3; ++i) {
    const auto answer = client.Send(Request("POST", ""), Deadline::After(seconds(10)));
    ASSERT_TRUE(answer) << answer.error().message;
    server.WaitUntilClosed(i);
  }
}

TEST(HttpClient, ConnectsAgainWhenTheServerWasRestarted) {
  auto server = StartServer(Echo);
  const auto address = server->addresses().at(0);
  HttpClient client({address});
  ASSERT_TRUE(client.Send(Post("/", "a"), Deadline::After(seconds(10))).has_value());
  server.reset();
  const auto down = client.Send(Post("/", "b"), Deadline::After(seconds(10)));
  ASSERT_FALSE(down.has_value());
  EXPECT_EQ(down.error().code, Code::kUnavailable);
  server = StartServer(Echo, {}, address);
  EXPECT_TRUE(client.Send(Post("/", "c"), Deadline::After(seconds(10))).has_value());
}

TEST(HttpClient, GivesUpAtItsDeadline) {
  Responder held;
  const auto server =
      StartServer([&](const HttpRequest&, Responder respond) { held = std::move(respond); }, {.drain = std::chrono::milliseconds(1)});
  HttpClient client({server->addresses().at(0)});
  const auto answer = client.Send(Post("/", "a"), Deadline::After(std::chrono::milliseconds(30)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace edgewise::net
