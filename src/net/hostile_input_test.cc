// What a server must outlive: handlers that throw, bytes that are no HTTP, clients that send too much or nothing.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Echo(const HttpRequest& request, const Responder& respond) { respond(HttpResponse::Text(200, request.body)); }

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, HttpServer::Options options = {}) {
  auto server = HttpServer::Start({{"127.0.0.1:0"}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

HttpRequest Post(std::string target, std::string body) {
  return {.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
}

/// What is logged while it lives.
class LoggedLines {
 public:
  LoggedLines() { spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink_)); }
  ~LoggedLines() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_ = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true);
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST(HttpServer, AHandlerThatThrowsIsAnswered500AndTheNextRequestIsServed) {
  const LoggedLines logged;
  const auto server = StartServer([](const HttpRequest& request, const Responder& respond) {
    if (request.body == "N14228") throw std::runtime_error("cannot read " + request.body);
    if (request.body == "number") throw 5;  // not even a std::exception
    Echo(request, respond);
  });
  HttpClient client({server->addresses().at(0)});
  for (const auto* body : {"N14228", "number"}) {
    const auto answer = client.Send(Post("/score", body), Deadline::After(seconds(10)));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("N14228"), std::string::npos) << "an exception's words may hold the request's data";
  }
  const auto next = client.Send(Post("/score", "fine"), Deadline::After(seconds(10)));
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_EQ(next->body, "fine");
  server->Stop();  // and with it the writing of the log
  EXPECT_NE(logged.text().find("runtime_error"), std::string::npos) << logged.text();
  EXPECT_EQ(logged.text().find("N14228"), std::string::npos) << "a log line is an exit";
}

TEST(HttpServer, AHandlerThatThrowsAfterItsAnswerHasAnsweredOnce) {
  const LoggedLines quiet;
  const auto server = StartServer([](const HttpRequest& request, const Responder& respond) {
    Echo(request, respond);
    throw std::runtime_error("too late");
  });
  RawClient client(server->addresses().at(0));
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answers = client.ReadAll();
  EXPECT_EQ(answers.find("500"), std::string::npos) << answers;
  EXPECT_NE(answers.find("200 OK", answers.find("200 OK") + 1), std::string::npos) << answers;
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServer, WhatIsNoHttpIsAnswered400AndItsConnectionEnds) {
  const auto server = StartServer(Echo);
  for (const std::string bytes : {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                                  "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    RawClient client(server->addresses().at(0));
    client.Send(bytes);
    EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 400 ")) << bytes;
    EXPECT_TRUE(client.closed()) << bytes;
  }
  HttpClient next({server->addresses().at(0)});
  EXPECT_EQ(next.Send(Post("/", "ok"), Deadline::After(seconds(10)))->body, "ok");
}

TEST(HttpServer, HeadersOverTheirLimitAreAnswered431) {
  const auto server = StartServer(Echo, {.max_header = 1000});
  HttpClient client({server->addresses().at(0)});
  auto request = Post("/", "ok");
  request.headers.push_back({"X-Long", std::string(2000, 'x')});
  const auto refused = client.Send(request, Deadline::After(seconds(10)));
  ASSERT_TRUE(refused.has_value()) << refused.error().message;
  EXPECT_EQ(refused->status, 431);
  request.headers[0].value.resize(500);
  EXPECT_EQ(client.Send(request, Deadline::After(seconds(10)))->status, 200);
}

TEST(HttpServer, ASilentConnectionIsClosed) {
  const auto server = StartServer(Echo, {.idle = milliseconds(20)});
  RawClient silent(server->addresses().at(0));
  RawClient half(server->addresses().at(0));
  half.Send(kGet.substr(0, 20));
  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(half.ReadAll(), "");
  EXPECT_TRUE(half.closed());
}

/// Holds the requests that reach it and counts how many were open at once.
class Holder {
 public:
  void operator()(const HttpRequest&, Responder respond) {
    const std::lock_guard lock(mutex_);
    open_.push_back(std::move(respond));
    most_ = std::max(most_, open_.size());
    changed_.notify_all();
  }
  /// Answers what is open, as soon as there is something.
  bool AnswerSome() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, seconds(10), [&] { return !open_.empty(); })) return false;
    auto open = std::exchange(open_, {});
    lock.unlock();
    for (auto& respond : open) respond(HttpResponse::Text(200, "."));
    answered_ += open.size();
    return true;
  }
  bool AnswerNewest() {
    std::unique_lock lock(mutex_);
    auto newest = std::move(open_.back());
    open_.pop_back();
    lock.unlock();
    newest(HttpResponse::Text(200, "."));
    return true;
  }
  bool WaitForOpen(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10), [&] { return open_.size() >= count; });
  }
  std::size_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  std::size_t answered() const { return answered_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> open_;
  std::size_t most_ = 0;
  std::size_t answered_ = 0;
};

TEST(HttpServer, NoMoreRequestsThanThePipelineAreOpenAtOnce) {
  Holder holder;
  const auto server = StartServer(std::ref(holder), {.pipeline = 4});
  RawClient client(server->addresses().at(0));
  std::string requests;
  for (int i = 0; i < 30; ++i) requests += kGet;
  ASSERT_EQ(client.Send(requests), requests.size());
  ASSERT_TRUE(holder.WaitForOpen(4));
  while (holder.answered() < 30) ASSERT_TRUE(holder.AnswerSome());
  EXPECT_EQ(holder.most(), 4U);
}

TEST(HttpServer, AConnectionIsNotReadOverItsBytesInFlight) {
  constexpr std::size_t kBody = 256u << 10, kRequests = 128;
  Holder holder;
  const auto server = StartServer(std::ref(holder), {.max_in_flight = 4 * kBody});
  RawClient client(server->addresses().at(0));
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i) {
    requests += "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n" + std::string(kBody, 'x');
  }
  const auto sent = client.Send(requests, Deadline::After(milliseconds(500)));  // until the server takes no more
  EXPECT_LT(sent, requests.size());
  std::thread answering([&] {
    while (holder.answered() < kRequests && holder.AnswerSome()) {
    }
  });
  EXPECT_EQ(client.Send(std::string_view(requests).substr(sent)), requests.size() - sent);
  answering.join();
  EXPECT_EQ(holder.answered(), kRequests);
  EXPECT_LE(holder.most(), 5U);
}

TEST(HttpServer, AClientThatReadsNoAnswersIsNotServedOn) {
  constexpr std::size_t kAnswer = 64u << 10, kRequests = 1000;
  std::atomic<std::size_t> handled = 0;
  const auto server = StartServer(
      [&](const HttpRequest&, const Responder& respond) {
        ++handled;
        respond(HttpResponse::Text(200, std::string(kAnswer, 'x')));
      },
      {.max_in_flight = 16 * kAnswer});
  RawClient client(server->addresses().at(0));
  std::string requests;
  for (std::size_t i = 1; i < kRequests; ++i) requests += kGet;
  requests += "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(client.Send(requests), requests.size());
  const auto soon = Deadline::After(seconds(10));
  // Until the I/O thread has had many turns without taking another request.
  for (std::size_t turns = 0, last = 0; turns < 200 && !soon.Expired(); ++turns) {
    std::promise<void> turn;
    server->Post([&] { turn.set_value(); });
    turn.get_future().wait();
    if (std::exchange(last, handled.load()) != last) turns = 0;
  }
  EXPECT_LT(handled.load(), kRequests / 2) << "the rest waits in the client's socket";
  EXPECT_GT(client.ReadAll().size(), kRequests * kAnswer);
  EXPECT_EQ(handled.load(), kRequests);
}

TEST(HttpServer, AClientThatHasSentAllStillGetsALateAnswer) {
  Holder holder;
  const auto server = StartServer(std::ref(holder));
  RawClient client(server->addresses().at(0));
  client.Send(kGet);
  client.EndSending();
  ASSERT_TRUE(holder.WaitForOpen(1));
  // The server has seen the end when it has served another connection twice.
  HttpClient other({server->addresses().at(0)});
  for (int i = 0; i < 2; ++i) {
    std::thread answering([&] { EXPECT_TRUE(holder.WaitForOpen(2) && holder.AnswerNewest()); });
    EXPECT_EQ(other.Send(Post("/", ""), Deadline::After(seconds(10)))->status, 200);
    answering.join();
  }
  ASSERT_TRUE(holder.AnswerSome());
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace edgewise::net
