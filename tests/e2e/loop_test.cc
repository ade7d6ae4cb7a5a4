#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/lineage_id.h"
#include "deploy/desired_state.h"
#include "feature/program.h"
#include "net/http.h"
#include "processes.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"
#include "train/forest.h"
#include "train/model.h"
#include "train/onnx_writer.h"

namespace edgewise {
namespace {

using nlohmann::json;
using std::chrono::seconds;

/// `edgewise up` as a process of its own, on free ports, with the flights example.
class Loop : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "edgewise.toml") << fmt::format(
        "state = \"state\"\nfeatures = \"{0}/features.toml\"\nrules = \"{0}/rules.toml\"\npolicy = \"{0}/policy.toml\"\nreplay = true\n"
        "[hub]\naddress = \"127.0.0.1:0\"\n[registry]\naddress = \"127.0.0.1:0\"\n[[site]]\nname = \"EWR\"\naddress = \"127.0.0.1:0\"\n",
        EDGEWISE_EXAMPLE);
    Start();
  }
  void TearDown() override {
    Kill(SIGTERM);
    if (!HasFailure()) std::filesystem::remove_all(folder_);
  }

  void Start() {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(pipe_ends[1], STDOUT_FILENO);
      const auto config = (folder_ / "edgewise.toml").string();
      execl(EDGEWISE_PROGRAM, "edgewise", "up", "--json", "-c", config.c_str(), nullptr);
      _exit(127);
    }
    close(pipe_ends[1]);
    std::string line;
    for (char c = 0; read(pipe_ends[0], &c, 1) == 1 && c != '\n';) line += c;
    close(pipe_ends[0]);
    addresses_ = json::parse(line, nullptr, false);
    ASSERT_TRUE(addresses_.is_object()) << "edgewise up did not start: " << line;
  }
  int Kill(int signal) {
    if (pid_ <= 0) return 0;
    kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }

  static net::HttpResponse Send(const std::string& address, std::string method, std::string target, std::string body = "") {
    net::HttpClient client({address});
    auto answer = client.Send({std::move(method), std::move(target), {}, std::move(body)}, Deadline::After(seconds(60)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(net::HttpResponse{.status = 0, .headers = {}, .body = {}});
  }
  net::HttpResponse Site(std::string method, std::string target, std::string body = "") {
    return Send(addresses_["sites"]["EWR"], std::move(method), std::move(target), std::move(body));
  }
  json Hub(std::string target) { return json::parse(Send(addresses_["hub"], "GET", std::move(target)).body, nullptr, false); }
  template <class Condition>
  void WaitFor(const char* what, Condition condition) {
    const auto deadline = Deadline::After(seconds(60));
    while (!condition()) {
      ASSERT_FALSE(deadline.Expired()) << what << "; site: " << Site("GET", "/status").body;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between two looks, not instead of one
    }
  }

  /// Packs a model of one small tree, pushes it, and wants it at the site.
  Digest Deploy(std::uint64_t number) {
    const auto toml = SystemFiles().Read(std::filesystem::path(EDGEWISE_EXAMPLE) / "features.toml").value();
    const auto program = feature::Program::FromToml(toml, "features.toml").value();
    train::Forest forest{.columns = program.outputs().size(), .base_margin = 0, .trees = {}};
    forest.trees.push_back({{1, 2, 2, 1000, true}, {-1, -1, 0, -1.0F, false}, {-1, -1, 0, 1.0F, false}});  // by distance
    train::ModelCard card;
    card.name = "delay";
    card.version = fmt::format("v{}", number);
    card.program = program.ToJson();
    const auto image =
        package::BuildImage("delay", {{"model.onnx", train::WriteOnnx(forest)}, {"model.json", train::ToJson(card)}}, {}).value();
    registry::HttpImageStore images(net::Address{addresses_["registry"].get<std::string>()});
    EXPECT_TRUE(registry::PushImage(images, "models/delay", image, card.version, Deadline::After(seconds(60))));
    const deploy::DesiredState desired{.number = number, .models = {{"delay", "models/delay", image.digest, card.version}}, .policy = {}};
    EXPECT_EQ(Send(addresses_["hub"], "PUT", "/api/sites/EWR/desired", deploy::ToJson(desired)).status, 200);
    WaitFor("the model is live", [&] { return json::parse(Site("GET", "/status").body)["applied"] == number; });
    return image.digest;
  }
  static std::string Time(int minutes) { return FormatTime(EventTime{ParseTime("2013-02-08T12:00:00Z")->ms + (minutes * 60'000LL)}); }
  static std::string Flight(int number, int due) {
    return fmt::format(R"("carrier":"UA","flight":"{}","dest":"IAH","sched_dep":"{}","tail":"N{}XX")", number, Time(due), number);
  }
  json Score(int number, int minutes) {
    const auto answer = Site("POST", "/score/delay",
                             fmt::format(R"({{"time":"{}",{},"distance":{},"origin":"EWR"}})", Time(minutes), Flight(number, minutes + 60),
                                         number % 2 == 0 ? 500 : 1500));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  void Land(int number, int scored, int minutes, int delay) {
    const auto line = fmt::format(R"({{"producer":"tower","seq":{},"time":"{}",{},"dep_delay":0,"arr_delay":{}}})", number + 1,
                                  Time(minutes), Flight(number, scored + 60), delay);
    EXPECT_EQ(Site("POST", "/records/landing", line).status, 200);
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-loop-" + LineageId::Random().ToString());
  json addresses_;
  pid_t pid_ = 0;
};

TEST_F(Loop, AScoreBecomesALabelledSampleAtTheHub) {
  const auto digest = Deploy(1);
  const auto low = Score(0, 0);
  const auto high = Score(1, 1);
  EXPECT_NEAR(low["score"].get<double>(), 0.2689, 1e-3);
  EXPECT_NEAR(high["score"].get<double>(), 0.7311, 1e-3);
  EXPECT_EQ(high["model"], digest.ToString());
  Land(0, 0, 200, 3);
  Land(1, 1, 201, 40);
  ASSERT_EQ(Site("POST", "/clock", fmt::format(R"({{"watermark":"{}"}})", Time(300))).status, 200);
  const auto flushed = Site("POST", "/relay/flush");
  ASSERT_EQ(flushed.status, 200) << flushed.body;
  WaitFor("two samples and the hours' insights are indexed", [&] { return Hub("/api/overview")["totals"]["indexed"].get<int>() >= 4; });
  const auto lineage = Hub("/api/lineage/" + high["lineage"].get<std::string>()).dump();
  EXPECT_NE(lineage.find(digest.ToString()), std::string::npos) << lineage;
  const auto insights = Hub("/api/insights").dump();
  EXPECT_EQ(insights.find("N1XX"), std::string::npos) << "a tail left the site";
}

TEST_F(Loop, AfterKillNothingAcknowledgedIsLostOrDoubled) {
  Deploy(1);
  for (int i = 0; i < 40; ++i) Score(i, i);
  for (int i = 0; i < 20; ++i) Land(i, i, 200 + i, i);
  Kill(SIGKILL);
  Start();
  WaitFor("the model is back", [&] { return json::parse(Site("GET", "/status").body)["applied"] == 1; });
  for (int i = 0; i < 40; ++i) Land(i, i, 200 + i, i);  // the sender does not know what arrived, so it says all again
  ASSERT_EQ(Site("POST", "/relay/flush").status, 200);
  const auto status = json::parse(Site("GET", "/status").body);
  EXPECT_EQ(status["scored"], 40);
  EXPECT_EQ(status["labelled"], 40);
  EXPECT_EQ(status["relay"]["sample"]["allowed"], 40);
  WaitFor("all are indexed", [&] { return Hub("/api/overview")["totals"]["indexed"].get<int>() >= 40; });
  EXPECT_EQ(Hub("/api/overview")["totals"]["doubled"], 0);
}

/// The registry has lost everything, as if there were no way to it: the site runs what it had, from its own disk.
TEST_F(Loop, ThreeColdRebootsWithoutARegistryScoreWithTheLastGoodModel) {
  const auto digest = Deploy(1);
  for (int i = 0; i < 20; ++i) Score(i, i);
  std::vector<double> took;
  for (int reboot = 0; reboot < 3; ++reboot) {
    Kill(SIGKILL);
    std::filesystem::remove_all(folder_ / "state" / "registry");
    const auto begin = std::chrono::steady_clock::now();
    Start();
    net::HttpResponse answer;
    WaitFor("a score is answered", [&] {
      answer =
          Site("POST", "/score/delay",
               fmt::format(R"({{"time":"{}",{},"distance":500,"origin":"EWR"}})", Time(30 + reboot), Flight(30 + reboot, 90 + reboot)));
      return answer.status == 200;
    });
    took.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    EXPECT_EQ(json::parse(answer.body)["model"], digest.ToString());
  }
  fmt::print("S10 reboots=3 seconds to the first score: {:.2f} {:.2f} {:.2f}\n", took[0], took[1], took[2]);
  EXPECT_EQ(json::parse(Site("GET", "/status").body)["scored"], 23);
}

/// "socket:[inode]" of every socket that a process holds.
std::set<std::string> SocketsOf(pid_t process) {
  std::set<std::string> sockets;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process), error)) {
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (target.starts_with("socket:")) sockets.insert(target);
  }
  return sockets;
}

TEST_F(Loop, AScorerHoldsNoSocketOfItsSite) {
  Deploy(1);
  const auto scorers = e2e::OffspringOf(pid_, "serve");
  ASSERT_EQ(scorers.size(), 1U);
  const auto ours = SocketsOf(pid_), its = SocketsOf(scorers[0]);
  EXPECT_GE(ours.size(), 3U) << "hub, registry and site listen";
  EXPECT_FALSE(its.empty());
  for (const auto& held : its) EXPECT_FALSE(ours.contains(held)) << "it could answer in the hub's name, and keeps its port after a kill";
}

TEST_F(Loop, AScorerThatHangsIsReplacedAndHoldsNobodyUpForLong) {
  Deploy(1);
  const auto scorers = e2e::OffspringOf(pid_, "serve");
  ASSERT_EQ(scorers.size(), 1U);
  ASSERT_EQ(kill(scorers[0], SIGSTOP), 0);
  Score(1, 0);  // expects 200
  EXPECT_EQ(e2e::OffspringOf(pid_, "serve").size(), 1U);
  EXPECT_NE(e2e::OffspringOf(pid_, "serve").at(0), scorers[0]);
}

TEST_F(Loop, CtrlCStopsCleanly) {
  const int status = Kill(SIGINT);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace edgewise
