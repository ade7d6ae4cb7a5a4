#include "site/site.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/lineage_id.h"
#include "deploy/fake_target.h"
#include "site/entry.h"
#include "site/score_log.h"
#include "store/fake_store.h"
#include "train/model.h"

namespace edgewise::site {
namespace {

using std::chrono::seconds;
constexpr std::int64_t kMinute = 60'000;
const EventTime kStart = ParseTime("2013-02-08T12:00:00Z").value();
const Digest kModel = Digest::Of("model");

constexpr std::string_view kFeatures = R"(
schema = "edgewise.features.v1"
zone = "America/New_York"
features = [ { name = "amount", field = "amount" }, { name = "delay", operator = "mean" } ]
[request]
name = "text"
due = "time"
amount = {}
note = "text"
[streams.stop]
name = "text"
delay = { min = -100, max = 2000 }
[operators.mean]
kind = "ewma"
stream = "stop"
value = "delay"
alpha = 0.5
)";

constexpr std::string_view kRules = R"(
[label]
model = "late"
key = ["name"]
stream = "stop"
field = "delay"
above = 15
never_streams = []
due = "due"
[insight]
flight = "name"
tail = "name"
dest = "name"
note = "note"
)";

constexpr std::string_view kPolicy = R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.sample.v1"
[allow.fields]
label = { number = 0, min = 0, max = 1 }
)";

std::string At(double minutes) { return FormatTime(EventTime{kStart.ms + static_cast<std::int64_t>(minutes * kMinute)}); }

/// A site with a store and a scorer that are fakes, spoken to over HTTP like an application would.
class SiteTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    site_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open() {
    site_.reset();
    auto opened = Site::Open(Made(), store_, target_, SystemFiles(), metrics_);
    ASSERT_TRUE(opened) << opened.error().message;
    site_ = std::move(*opened);
    client_ = std::make_unique<net::HttpClient>(net::Address{site_->addresses().at(0)});
  }
  Site::Options Made() {
    auto program = feature::Program::FromToml(kFeatures, "features.toml").value();
    Site::Options options;
    options.name = "EWR";
    options.folder = folder_;
    options.addresses = {{"127.0.0.1:0"}};
    options.program = program;
    options.rules = RulesFromToml(kRules, "rules.toml", program).value();
    options.policy = relay::Policy::FromToml(kPolicy, "policy.toml", "a key of sixteen bytes").value();
    options.replay = true;
    options.poll = std::chrono::milliseconds(5);
    options.pull = [program](const std::string&, const Digest&) -> Result<std::vector<package::File>> {
      train::ModelCard card;
      card.name = "late";
      card.version = "1";
      card.program = program.ToJson();
      return std::vector<package::File>{{"model.onnx", "onnx"}, {"model.json", train::ToJson(card)}};
    };
    options.hub.desired = [](Deadline) -> Result<std::optional<deploy::DesiredState>> {
      return deploy::DesiredState{.number = 1, .models = {{"late", "models/late", kModel, "1"}}, .policy = {}};
    };
    options.hub.report = [](const std::string&, Deadline) -> Result<void> { return {}; };
    return options;
  }
  net::HttpResponse Post(std::string target, std::string body) {
    net::HttpRequest request{.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
    auto answer = client_->Send(request, Deadline::After(seconds(20)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : net::HttpResponse{};
  }
  nlohmann::json Status() {
    const auto answer = client_->Send({.method = "GET", .target = "/status", .headers = {}, .body = {}}, Deadline::After(seconds(20)));
    return nlohmann::json::parse(answer.value().body);
  }
  void WaitUntilLive() {
    const auto deadline = Deadline::After(seconds(20));
    while (Status()["applied"] != 1) {
      ASSERT_FALSE(deadline.Expired()) << Status().dump(2);
      std::this_thread::yield();
    }
  }
  net::HttpResponse Stop(std::uint64_t sequence, double minutes, std::string_view name, double delay) {
    return Post("/records/stop",
                fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"{}","delay":{}}})", sequence, At(minutes), name, delay));
  }
  net::HttpResponse Score(double minutes, std::string_view name) {
    return Post("/score/late", fmt::format(R"({{"time":"{}","name":"{}","due":"{}","amount":0.5}})", At(minutes), name, At(minutes + 60)));
  }
  std::size_t StoredSamples() {
    std::size_t samples = 0;
    const auto names = store_.List("sites/EWR/sample/", "", 1000, Deadline::Never()).value();
    for (const auto& name : names) {
      if (name.ends_with(".json"))
        samples += nlohmann::json::parse(store_.Get(name, Deadline::Never()).value())["events"].get<std::size_t>();
    }
    return samples;
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-site-" + LineageId::Random().ToString());
  store::FakeStore store_;
  deploy::FakeTarget target_{2};
  Metrics metrics_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<net::HttpClient> client_;
};

TEST_F(SiteTest, ALabelledSampleReachesTheStore) {
  WaitUntilLive();
  const auto scored = Score(0, "A");
  ASSERT_EQ(scored.status, 200) << scored.body;
  EXPECT_EQ(nlohmann::json::parse(scored.body)["model"], kModel.ToString());
  EXPECT_EQ(Stop(1, 100, "A", 30).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 1U);
  const auto status = Status();
  EXPECT_EQ(status["labelled"], 1);
  EXPECT_EQ(status["drained"], At(100));
}

TEST_F(SiteTest, ANewVersionsFeaturesKnowWhatWasRecordedBeforeIt) {
  EXPECT_EQ(Stop(1, -30, "X", 8).status, 200);  // as a rule the model is not live yet, and must know it all the same
  EXPECT_EQ(Stop(2, -20, "X", 16).status, 200);
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  site_.reset();
  auto log = ScoreLog::OpenForReading(folder_ / "scores.db").value();
  feature::Sample sample;
  ASSERT_TRUE(log->ForEach([&](const ScoredRow& row) -> Result<void> {
    sample = DecodeSample(row.sample).value();
    return {};
  }));
  ASSERT_EQ(sample.numbers.size(), 2U);
  EXPECT_FLOAT_EQ(sample.numbers[1], 12);
}

TEST_F(SiteTest, AfterARestartNothingIsLostOrDoubled) {
  WaitUntilLive();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Score(i, fmt::format("flight {}", i)).status, 200);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Stop(static_cast<std::uint64_t>(i) + 1, 100 + i, fmt::format("flight {}", i), 10 + i).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  for (int i = 10; i < 15; ++i)
    ASSERT_EQ(Stop(static_cast<std::uint64_t>(i) + 1, 100 + i, fmt::format("flight {}", i), 10 + i).status, 200);
  Open();
  for (int i = 10; i < 20; ++i)
    ASSERT_EQ(Stop(static_cast<std::uint64_t>(i) + 1, 100 + i, fmt::format("flight {}", i), 10 + i).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 20U);
  EXPECT_EQ(Status()["labelled"], 20);
  EXPECT_EQ(Status()["pending"], 0);
}

TEST_F(SiteTest, ARequestSaidAgainIsTheSameRow) {
  WaitUntilLive();
  const auto first = Score(0, "A");
  EXPECT_EQ(Score(0, "A").body, first.body);
  EXPECT_EQ(Stop(1, 5, "B", 40).status, 200);  // would change the features of a new row
  Open();                                      // the sender heard nothing: the site went away
  WaitUntilLive();
  EXPECT_EQ(Score(0, "A").body, first.body);
  EXPECT_EQ(Status()["scored"], 1);
  EXPECT_NE(Score(1, "A").body, first.body) << "another moment is another row";
  EXPECT_NE(Post("/score/late", fmt::format(R"({{"time":"{}","name":"A","due":"{}","amount":7}})", At(0), At(60))).body, first.body)
      << "and so is another request";
  EXPECT_EQ(Status()["scored"], 3);
}

TEST_F(SiteTest, BadInputIsRefusedWithAReasonAndTheNextRequestWorks) {
  WaitUntilLive();
  EXPECT_EQ(Post("/records/nowhere", "{}").status, 404);
  EXPECT_EQ(Post("/records/stop", "no json").status, 400);
  EXPECT_EQ(Post("/score/nobody", "{}").status, 404);
  EXPECT_EQ(Post("/score/late", "[").status, 400);
  EXPECT_EQ(Post("/clock", R"({"watermark":"yesterday"})").status, 400);
  EXPECT_EQ(Post("/labels", R"({"lineage":"00000000000000000000000000000001","label":1,"time":"2013-02-08T12:00:00Z"})").status, 404);
  EXPECT_EQ(Score(0, "A").status, 200);
}

TEST_F(SiteTest, ALabelByNameCountsOnce) {
  WaitUntilLive();
  const auto lineage = nlohmann::json::parse(Score(0, "A").body)["lineage"].get<std::string>();
  const auto label = fmt::format(R"({{"lineage":"{}","label":1,"time":"{}"}})", lineage, At(90));
  EXPECT_EQ(Post("/labels", label).body, R"({"labelled":true})");
  EXPECT_EQ(nlohmann::json::parse(Post("/labels", label).body)["labelled"], false);
  EXPECT_EQ(Status()["labelled"], 1);
}

TEST_F(SiteTest, WhatCannotBeStoredNowIsStoredLater) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  ASSERT_EQ(Stop(1, 100, "A", 30).status, 200);
  store_.FailNext({Code::kUnavailable, "planted: the line is down"}, store::FakeStore::Effect::kHappens);
  while (Post("/relay/flush", "").status != 200) {
  }
  EXPECT_EQ(StoredSamples(), 1U);
}

}  // namespace
}  // namespace edgewise::site
