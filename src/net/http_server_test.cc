#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "net/http.h"

namespace edgewise::net {
namespace {

using std::chrono::seconds;

void Echo(const HttpRequest& request, const Responder& respond) {
  respond(HttpResponse::Text(200, request.method + " " + request.target + " " + request.body));
}

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, HttpServer::Options options = {}, std::string address = "127.0.0.1:0") {
  auto server = HttpServer::Start({{std::move(address)}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

HttpRequest Post(std::string target, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

TEST(HttpServer, AnswersOnTcpAndOnAUnixSocket) {
  const std::string path = "unix:" + testing::TempDir() + "net_test_" + std::to_string(getpid()) + ".sock";
  for (const auto& address : {std::string("127.0.0.1:0"), path}) {
    const auto server = StartServer(Echo, {}, address);
    HttpClient client({server->addresses().at(0)});
    for (int i = 0; i < 3; ++i) {
      const auto answer = client.Send(Post("/x", "hello"), Deadline::After(seconds(10)));
      ASSERT_TRUE(answer.has_value()) << answer.error().message;
      EXPECT_EQ(answer->status, 200);
      EXPECT_EQ(answer->body, "POST /x hello");
    }
  }
}

TEST(HttpServer, NamesAPortThatIsTaken) {
  const auto server = StartServer(Echo);
  const auto second = HttpServer::Start({{server->addresses().at(0)}}, Echo, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_NE(second.error().message.find(server->addresses().at(0)), std::string::npos);
}

TEST(HttpServer, TakesALeftoverSocketAwayAndNothingElse) {
  const auto path = testing::TempDir() + "net_test_" + std::to_string(getpid()) + ".path";
  std::ofstream(path) << "somebody's work";
  const auto refused = HttpServer::Start({{"unix:" + path}}, Echo, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kAlreadyExists);
  EXPECT_NE(refused.error().message.find("no socket"), std::string::npos) << refused.error().message;
  std::string kept;
  std::getline(std::ifstream(path), kept);
  EXPECT_EQ(kept, "somebody's work");
  unlink(path.c_str());
  const int left = socket(AF_UNIX, SOCK_STREAM, 0);  // bound and then closed, as by a killed process
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(left);
  EXPECT_TRUE(HttpServer::Start({{"unix:" + path}}, Echo, {}).has_value());
}

TEST(HttpServer, RefusesABodyOverItsLimitAndServesTheNextRequest) {
  const auto server = StartServer(Echo, {.max_body = 100});
  HttpClient client({server->addresses().at(0)});
  const auto refused = client.Send(Post("/", std::string(1000, 'x')), Deadline::After(seconds(10)));
  ASSERT_TRUE(refused.has_value()) << refused.error().message;
  EXPECT_EQ(refused->status, 413);
  const auto next = client.Send(Post("/", "ok"), Deadline::After(seconds(10)));
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_EQ(next->status, 200);
}

TEST(HttpServer, SendsPipelinedAnswersInTheOrderOfTheRequests) {
  // Answers every request from another thread, later ones first.
  std::mutex mutex;
  std::vector<std::pair<std::string, Responder>> waiting;
  const auto server = StartServer([&](const HttpRequest& request, Responder respond) {
    const std::lock_guard lock(mutex);
    waiting.emplace_back(request.body, std::move(respond));
    if (waiting.size() < 10) return;
    std::thread([batch = std::move(waiting)]() mutable {
      for (auto i = batch.rbegin(); i != batch.rend(); ++i) i->second(HttpResponse::Text(200, i->first));
    }).join();
    waiting.clear();
  });
  std::vector<std::string> bodies;
  PipelinedClient client({server->addresses().at(0)}, 64, [&](std::uint64_t index, const HttpResponse& answer) {
    EXPECT_EQ(index, bodies.size());
    bodies.push_back(answer.body);
  });
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client.Send(Post("/", std::to_string(i)), Deadline::After(seconds(10))).has_value());
  ASSERT_TRUE(client.Flush(Deadline::After(seconds(10))).has_value());
  ASSERT_EQ(bodies.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bodies[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(HttpServer, FinishesRequestsInFlightBeforeItStops) {
  std::mutex mutex;
  std::condition_variable arrived;
  Responder held;
  auto server = StartServer([&](const HttpRequest&, Responder respond) {
    const std::lock_guard lock(mutex);
    held = std::move(respond);
    arrived.notify_all();
  });
  Result<HttpResponse> answer = Fail(Code::kUnavailable, "not asked");
  std::thread asking([&, address = server->addresses().at(0)] {
    HttpClient client({address});
    answer = client.Send(Post("/", "x"), Deadline::After(seconds(10)));
  });
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return static_cast<bool>(held); });
  }
  std::thread stopping([&] { server->Stop(); });
  held(HttpResponse::Text(200, "late but true"));
  stopping.join();
  asking.join();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "late but true");
}

TEST(HttpServer, AnAnswerAfterTheServerIsGoneDoesNothing) {
  Responder held;
  std::atomic<bool> arrived = false;
  auto server = StartServer(
      [&](const HttpRequest&, Responder respond) {
        held = std::move(respond);
        arrived = true;
      },
      {.drain = std::chrono::milliseconds(1)});
  PipelinedClient client({server->addresses().at(0)}, 4, [](std::uint64_t, const HttpResponse&) {});
  ASSERT_TRUE(client.Send(Post("/", "x"), Deadline::After(seconds(10))).has_value());
  while (!arrived) std::this_thread::yield();
  server->Stop();
  held(HttpResponse::Text(200, "too late"));
  EXPECT_FALSE(client.Flush(Deadline::After(seconds(10))).has_value());
}

}  // namespace
}  // namespace edgewise::net
