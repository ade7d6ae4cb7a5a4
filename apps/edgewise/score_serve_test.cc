#include <fmt/format.h>
#include <signal.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "command_runner_test.h"
#include "net/http.h"
#include "score/made_graph_test.h"

namespace edgewise {
namespace {

using std::chrono::seconds;
using namespace score::test;

std::string Float(float value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// Counts x + 1000 down to 0. Of a large x, one does not change it: that is never done.
/// Loop: inputs trips (none), condition, state; body: iteration, condition, state -> condition, state.
std::string CountDown() {
  const Graph body{
      .nodes = {Node("Sub", {"state", "one"}, {"next"}), Node("ReduceMax", {"next"}, {"most"}, {IntegerAttribute("keepdims", 0)}),
                Node("Greater", {"most", "nothing"}, {"go_on"})},
      .inputs = {Value("i", kInt64, std::vector<Axis>{}), Value("go", kBool, std::vector<Axis>{}),
                 Value("state", kFloat, std::vector<Axis>{Rows()})},
      .outputs = {Value("go_on", kBool, std::vector<Axis>{}), Value("next", kFloat, std::vector<Axis>{Rows()})},
      .initializers = {}};
  return Model(
      {.nodes = {Node("Add", {"x", "start"}, {"from"}), Node("Loop", {"", "go", "from"}, {"y"}, {GraphAttribute("body", body.Message())})},
       .inputs = {Value("x", kFloat, std::vector<Axis>{Rows()})},
       .outputs = {Value("y", kFloat, std::vector<Axis>{Rows()})},
       .initializers = {Tensor("go", kBool, {}, std::string(1, '\x01')), Tensor("one", kFloat, {}, Float(1)),
                        Tensor("nothing", kFloat, {}, Float(0)), Tensor("start", kFloat, {}, Float(1000))}});
}

class ScoreServe : public CommandTest {
 protected:
  static Result<net::HttpResponse> Infer(const std::string& address, std::string_view x) {
    net::HttpClient client({address});
    const auto body = fmt::format(R"({{"inputs":[{{"name":"x","shape":[1],"datatype":"FP32","data":[{}]}}]}})", x);
    return client.Send({.method = "POST", .target = "/v2/models/slow/infer", .headers = {}, .body = body}, Deadline::After(seconds(60)));
  }
};

TEST_F(ScoreServe, WhatDoesNotEndIsAnswered503WhenTheServerIsStopped) {
  constexpr int kClients = 4;
  std::filesystem::create_directories(folder_ / "models/slow/1");
  Write("models/slow/1/model.onnx", CountDown());
  auto [child, said] =
      Serve({"score", "serve", "--repository", In("models"), "--http", "127.0.0.1:0", "--queue", "2", "--timeout", "600000", "--json"});
  ASSERT_TRUE(said.is_object());
  const auto address = said.at("ready").at("http").at(0).get<std::string>();
  const auto quick = Infer(address, "0");
  ASSERT_TRUE(quick) << quick.error().message;
  ASSERT_EQ(quick->status, 200) << quick->body;

  std::mutex mutex;
  std::condition_variable changed;
  std::map<int, int> answers;  // how many of each status; 0: none came
  std::vector<std::jthread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      const auto answer = Infer(address, "3e38");
      const std::lock_guard lock(mutex);
      ++answers[answer ? answer->status : 0];
      changed.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, seconds(60), [&] { return answers.contains(429); })) << "two wait, so no third may";
  }
  kill(child.pid(), SIGTERM);
  clients.clear();
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_GE(answers[503], 2) << "those that waited";
  EXPECT_EQ(answers[503] + answers[429] + answers[0], kClients);
}

TEST_F(ScoreServe, LimitsAreOptions) {
  std::filesystem::create_directories(folder_ / "models/slow/1");
  Write("models/slow/1/model.onnx", CountDown());
  auto [child, said] = Serve({"score", "serve", "--repository", In("models"), "--http", "127.0.0.1:0", "--max-header", "1", "--json"});
  ASSERT_TRUE(said.is_object());
  net::HttpClient client({said.at("ready").at("http").at(0).get<std::string>()});
  const auto status = [&](std::size_t bytes) {
    net::HttpRequest request{.method = "GET", .target = "/v2", .headers = {{"X-Long", std::string(bytes, 'x')}}, .body = {}};
    const auto answer = client.Send(request, Deadline::After(seconds(60)));
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status(1024), 431);
  EXPECT_EQ(status(512), 200);
}

TEST_F(ScoreServe, TakesAsManyDescriptorsAsItMay) {
  std::filesystem::create_directories(folder_ / "models");
  auto [child, said] = Serve({"score", "serve", "--repository", In("models"), "--http", "127.0.0.1:0", "--json"});
  std::ifstream limits(fmt::format("/proc/{}/limits", child.pid()));
  std::string line;
  while (std::getline(limits, line) && !line.starts_with("Max open files")) {
  }
  std::istringstream words(line);
  std::string max, open, files, soft, hard;
  words >> max >> open >> files >> soft >> hard;
  ASSERT_FALSE(hard.empty());
  EXPECT_EQ(soft, hard);
}

}  // namespace
}  // namespace edgewise
