#include <fmt/format.h>
#include <gmock/gmock.h>

#include <barrier>
#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "net/http.h"
#include "score/repository_rig_test.h"
#include "score/score_server.h"

namespace edgewise::score::test {
namespace {

using std::chrono::seconds;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// A server over a folder of models, whose clients have connections of their own.
class ScoreServerLoad : public testing::Test {
 protected:
  ScoreServerLoad() {
    rig_.options.threads = 1;
    rig_.Put("m/1/model.onnx", "1000");
  }
  void Serve() {
    repository_ = rig_.Open();
    auto server = ScoreServer::Start(*repository_, {.addresses = {{"127.0.0.1:0"}}});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  net::HttpClient Client() const { return net::HttpClient({server_->addresses().at(0)}); }
  static Result<net::HttpResponse> Post(net::HttpClient& client, std::string target, std::string body) {
    return client.Send({.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)},
                       Deadline::After(seconds(60)));
  }
  static std::string Rows(std::size_t rows) {
    std::string data;
    for (std::size_t i = 0; i < rows; ++i) data += i == 0 ? "0.0,1.0" : ",0.0,1.0";
    return fmt::format(R"({{"inputs":[{{"name":"features","shape":[{},2],"datatype":"FP32","data":[{}]}}]}})", rows, data);
  }
  /// What a fake answers of Rows(1): its bias and the sum of the row. -1: something else came.
  static double Answered(const Result<net::HttpResponse>& answer) {
    if (!answer || answer->status != 200) return -1;
    return nlohmann::json::parse(answer->body).at("outputs").at(0).at("data").at(0).get<double>();
  }

  RepositoryRig rig_;
  std::unique_ptr<ModelRepository> repository_;
  std::unique_ptr<ScoreServer> server_;
};

TEST_F(ScoreServerLoad, NoRequestFailsWhileVersionsChange) {
  constexpr int kClients = 4, kSwaps = 50;
  const int least = kSanitized ? 2'000 : 10'000;
  Serve();
  std::atomic<int> answered{0}, failed{0};
  std::atomic<bool> swapped{false};
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        auto client = Client();
        const auto body = Rows(1);
        for (double newest = 0; !swapped || answered < least;) {
          const double value = Answered(Post(client, "/v2/models/m/infer", body));
          if (value < newest) ++failed;  // versions only rise
          newest = std::max(newest, value);
          ++answered;
        }
      });
    }
    auto operating = Client();
    for (int swap = 1; swap <= kSwaps; ++swap) {
      while (answered < swap * least / kSwaps) std::this_thread::yield();  // spread over the load
      rig_.Put("m/1/model.onnx", std::to_string(1000 + 10 * swap));
      const auto loaded = Post(operating, "/v2/repository/models/m/load", "");
      EXPECT_TRUE(loaded && loaded->status == 200) << (loaded ? loaded->body : loaded.error().message);
    }
    swapped = true;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_GE(answered, least);
  auto client = Client();
  EXPECT_EQ(Answered(Post(client, "/v2/models/m/infer", Rows(1))), 1000 + 10 * kSwaps + 1);
}

TEST_F(ScoreServerLoad, LargeBodiesOfManyConnectionsDoNotStarveEachOther) {
  constexpr std::size_t kConnections = 32;
  const int total = kSanitized ? 1'000 : 4'000;
  Serve();
  const auto body = Rows(16'000);
  ASSERT_GT(body.size(), 127'000U);
  std::atomic<int> sent{0};
  std::atomic<int> failed{0};
  std::vector<int> answers(kConnections);  // each its client's
  std::barrier ready(kConnections);
  {
    std::vector<std::jthread> clients;
    for (auto& mine : answers) {
      clients.emplace_back([&] {
        auto client = Client();
        const auto first = Post(client, "/v2/models/m/infer", body);
        if (!first || first->status != 200) ++failed;
        ready.arrive_and_wait();  // all are connected
        while (++sent <= total) {
          const auto answer = Post(client, "/v2/models/m/infer", body);
          if (!answer || answer->status != 200) ++failed;
          ++mine;
        }
      });
    }
  }
  EXPECT_EQ(failed, 0);
  const int mean = total / static_cast<int>(kConnections);
  EXPECT_GE(std::ranges::min(answers), mean / 3) << testing::PrintToString(answers);
  EXPECT_LE(std::ranges::max(answers), mean * 3) << testing::PrintToString(answers);
}

}  // namespace
}  // namespace edgewise::score::test
