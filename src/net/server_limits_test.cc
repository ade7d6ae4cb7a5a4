// What all clients of a server together may take of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBody = 1u << 20;
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

void Answer(const HttpRequest&, const Responder& respond) { respond(HttpResponse::Text(200, ".")); }

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, HttpServer::Options options) {
  auto server = HttpServer::Start({{"127.0.0.1:0"}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

std::string Upload() {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n" + std::string(kBody, 'x');
}

/// Asks on new connections until one is served: a status of 200.
bool IsServedSoon(const std::string& address) {
  const auto soon = Deadline::After(seconds(20));
  while (!soon.Expired()) {
    HttpClient client({address});
    const auto answer = client.Send({}, Deadline::After(seconds(1)));
    if (answer && answer->status == 200) return true;
  }
  return false;
}

/// Keeps requests open until it is told to answer.
class Holder {
 public:
  void operator()(const HttpRequest&, Responder respond) {
    const std::lock_guard lock(mutex_);
    open_.push_back(std::move(respond));
    most_ = std::max(most_, open_.size());
    changed_.notify_all();
  }
  bool WaitForOpen(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10), [&] { return open_.size() >= count; });
  }
  std::size_t AnswerAll() {
    std::unique_lock lock(mutex_);
    auto open = std::exchange(open_, {});
    lock.unlock();
    for (auto& respond : open) respond(HttpResponse::Text(200, "."));
    return open.size();
  }
  std::size_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> open_;
  std::size_t most_ = 0;
};

TEST(ServerLimits, ConnectionsOverTheirNumberAreClosedAndServedWhenOthersAreGone) {
  const auto server = StartServer(Answer, {.max_connections = 2});
  {
    std::deque<RawClient> open;
    for (int i = 0; i < 2; ++i) {
      open.emplace_back(server->addresses().at(0)).Send(kGet);
      while (open.back().ReadAll(Deadline::After(milliseconds(10))).empty()) ASSERT_FALSE(open.back().closed());
    }
    RawClient further(server->addresses().at(0));
    EXPECT_EQ(further.ReadAll(), "");
    EXPECT_TRUE(further.closed());
    open.front().Send(kGet);
    EXPECT_GT(open.front().ReadSome(1000), 0u) << "those that are there are served on";
  }
  EXPECT_TRUE(IsServedSoon(server->addresses().at(0)));
}

TEST(ServerLimits, AClientThatTakesNothingOfItsAnswerIsClosed) {
  const auto server = StartServer(
      [](const HttpRequest& request, const Responder& respond) {
        respond(HttpResponse::Text(200, std::string(request.path() == "/large" ? 64u << 20 : 1, 'x')));
      },
      {.max_connections = 1, .idle = milliseconds(50)});
  RawClient silent(server->addresses().at(0));
  silent.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(IsServedSoon(server->addresses().at(0))) << "its place is free again";
  EXPECT_LT(silent.ReadAll().size(), 64u << 20) << "the rest was given up";
}

TEST(ServerLimits, AClientThatReadsSlowlyIsNotClosed) {
  constexpr std::size_t kAnswer = 64u << 20;
  const auto idle = milliseconds(300);
  const auto server = StartServer(
      [](const HttpRequest&, const Responder& respond) { respond(HttpResponse::Text(200, std::string(kAnswer, 'x'))); }, {.idle = idle});
  RawClient slow(server->addresses().at(0));
  slow.Send(kGet);
  std::size_t got = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (int piece = 0; piece < 32; ++piece) {
    // A turn of the server's thread for each look at the clock: it is never kept from noticing that time is up.
    while (std::chrono::steady_clock::now() < begun + piece * idle / 8) {
      std::promise<void> turn;
      server->Post([&] { turn.set_value(); });
      turn.get_future().wait();
    }
    got += slow.ReadSome(2u << 20);
  }
  EXPECT_GT(std::chrono::steady_clock::now() - begun, 3 * idle);
  while (got <= kAnswer) {
    const auto more = slow.ReadSome(1u << 20);
    if (more == 0) break;
    got += more;
  }
  EXPECT_GT(got, kAnswer);
}

TEST(ServerLimits, LargeBodiesThatAreReadAtOnceDoNotAddUp) {
  const auto server = StartServer(Answer, {.max_held = 4 * kBody + kBody / 2});
  const auto upload = Upload();
  std::deque<RawClient> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(server->addresses().at(0));
  for (auto& client : clients) client.Send(std::string_view(upload).substr(0, upload.size() - 1), Deadline::After(seconds(5)));
  const auto soon = Deadline::After(seconds(20));
  const auto closed = [&] { return std::ranges::count_if(clients, &RawClient::closed); };
  while (closed() < 8 && !soon.Expired()) {
    for (auto& client : clients) {
      if (!client.closed()) client.ReadAll(Deadline::After(milliseconds(1)));
    }
  }
  EXPECT_EQ(closed(), 8) << "four of them fit";
  for (auto& client : clients) {
    if (client.closed()) continue;
    client.Send("x");
    EXPECT_GT(client.ReadSome(1000), 0u) << "it is read to its end and answered";
  }
  EXPECT_TRUE(IsServedSoon(server->addresses().at(0)));
}

TEST(ServerLimits, ARequestOverWhatIsHeldIsAnswered503AndSmallOnesAreServed) {
  Holder holder;
  const auto server = StartServer(std::ref(holder), {.max_held = kBody + kBody / 2});
  const auto upload = Upload();
  RawClient held(server->addresses().at(0));
  ASSERT_EQ(held.Send(upload), upload.size());
  ASSERT_TRUE(holder.WaitForOpen(1));
  HttpClient large({server->addresses().at(0)});
  HttpRequest request{.method = "POST", .target = "/", .headers = {}, .body = std::string(kBody * 3 / 4, 'x')};
  const auto refused = large.Send(request, Deadline::After(seconds(10)));
  // The line may be cut while it still sends; then the answer is lost.
  EXPECT_TRUE(refused ? refused->status == 503 : refused.error().code == Code::kUnavailable);
  EXPECT_EQ(refused ? refused->header("Retry-After") : "1", "1");
  RawClient small(server->addresses().at(0));
  small.Send(kGet);
  EXPECT_TRUE(holder.WaitForOpen(2));
  EXPECT_EQ(holder.AnswerAll(), 2u);
  EXPECT_GT(small.ReadSome(1000), 0u);
  std::thread answering([&] { EXPECT_TRUE(holder.WaitForOpen(1) && holder.AnswerAll() == 1); });
  const auto next = HttpClient({server->addresses().at(0)}).Send(request, Deadline::After(seconds(10)));
  answering.join();
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_EQ(next->status, 200) << "what was answered is no longer held";
}

TEST(ServerLimits, AConnectionReadsAheadLessWhereMuchIsHeldAndLosesNothing) {
  constexpr std::size_t kRequests = 32;
  Holder holder;
  const auto server = StartServer(std::ref(holder), {.max_held = 8 * kBody});
  RawClient client(server->addresses().at(0));
  std::thread sending([&] {
    for (std::size_t i = 0; i < kRequests; ++i) EXPECT_EQ(client.Send(Upload()), Upload().size());
  });
  for (std::size_t answered = 0; answered < kRequests; answered += holder.AnswerAll()) ASSERT_TRUE(holder.WaitForOpen(1));
  sending.join();
  EXPECT_LE(holder.most(), 5u);
  client.EndSending();
  const auto answers = client.ReadAll();
  EXPECT_EQ(answers.find(" 503 "), std::string::npos);
}

}  // namespace
}  // namespace edgewise::net
