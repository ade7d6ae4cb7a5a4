// Many requests at once: whose turn it is, and what a turn costs.
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/http_view.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::seconds;

std::unique_ptr<HttpServer> StartServer(ViewHandler handler, const HttpServer::Options& options = {}) {
  auto server = StartViews({{"127.0.0.1:0"}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

std::string Gets(std::size_t count, std::string_view target, std::string_view last_lines = "") {
  std::string all;
  for (std::size_t i = 1; i <= count; ++i) {
    all.append("GET ").append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(i == count ? last_lines : "").append("\r\n");
  }
  return all;
}

std::size_t CountIn(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ViewTurns, AConnectionWithManyRequestsLetsTheOthersHaveTheirTurn) {
  std::promise<void> begun, all_sent;
  std::size_t many = 0;
  std::promise<std::size_t> before_single;
  const auto server = StartServer([&](const RequestView& request, ResponseWriter& response, std::size_t) {
    if (request.path() == "/many" && many++ == 0) {
      begun.set_value();
      all_sent.get_future().wait();
    }
    if (request.path() == "/single") before_single.set_value(many);
    response.Send(200, "");
  });
  RawClient single(server->addresses().at(0));
  single.Send(Gets(1, "/first"));
  ASSERT_GT(single.ReadSome(1000), 0U) << "its connection is known to the server";
  RawClient greedy(server->addresses().at(0));
  greedy.Send(Gets(400, "/many", "Connection: close\r\n"));
  begun.get_future().wait();
  single.Send(Gets(1, "/single"));
  all_sent.set_value();
  EXPECT_LT(before_single.get_future().get(), 200U);
  EXPECT_EQ(CountIn(greedy.ReadAll(), "200 OK"), 400U);
}

TEST(ViewTurns, AnswersOverWhatMayBeInFlightAllArrive) {
  for (const std::size_t size : {100U, 3000U, 300'000U}) {
    const auto server = StartServer(
        [&](const RequestView&, ResponseWriter& response, std::size_t) {
          response.body().assign(size, 'x');
          response.Send(200, "");
        },
        {.max_in_flight = 1000});
    RawClient client(server->addresses().at(0));
    client.Send(Gets(300, "/", "Connection: close\r\n"));
    EXPECT_EQ(CountIn(client.ReadAll(), "200 OK"), 300U) << size;
  }
}

TEST(ViewTurns, AnswersFromThreadsThatEndWithTheServerDoNoHarm) {
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int round = 0; round < 20; ++round) {
    auto server = StartServer(
        [&](const RequestView&, ResponseWriter& response, std::size_t) {
          const std::lock_guard lock(mutex);
          threads.emplace_back([respond = response.Later()] { respond(HttpResponse::Text(200, "x")); });
        },
        {.drain = std::chrono::milliseconds(0), .threads = 2});
    RawClient client(server->addresses().at(0));
    client.Send(Gets(10, "/"));
    ASSERT_GT(client.ReadSome(1000), 0U);
    server.reset();
    for (auto& thread : std::exchange(threads, {})) thread.join();
  }
}

}  // namespace
}  // namespace edgewise::net
