#include "relay/relay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

#include <fstream>
#include <sstream>

#include "queue/fake_queue.h"
#include "store/fake_store.h"

namespace edgewise::relay {
namespace {

namespace fs = std::filesystem;
using event::Lane;

constexpr std::string_view kKey = "0123456789abcdef-EWR";
constexpr std::string_view kToml = R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.sample.v1"
[allow.fields]
label = { number = 0, min = 0, max = 1 }
[[allow]]
type = "io.edgewise.disruption.v1"
[allow.fields]
z = { number = 1, min = 0, max = 100 }
)";
constexpr std::string_view kNothing = "schema = \"edgewise.policy.v1\"\n";

Policy PolicyOf(std::string_view toml = kToml) { return *Policy::FromToml(toml, "policy.toml", kKey); }

std::string Slurp(const fs::path& path) {
  std::ifstream file(path);
  return (std::stringstream() << file.rdbuf()).str();
}

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    fs::remove_all(folder_);
    clock_.SetNow({1'360'350'000'000});  // 2013-02-08
  }
  ~RelayTest() override { fs::remove_all(folder_); }

  void Restart() {
    relay_.reset();
    relay_ = std::make_unique<Relay>(Options{.site = "EWR", .folder = folder_, .clock = &clock_, .now = [this] { return now_; }}, policy_,
                                     queue_, store_, SystemFiles(), metrics_);
  }

  void Append(std::size_t count, std::string_view type = event::kSampleV1, std::string_view data = R"({"label":1,"tail":"N14228"})") {
    std::vector<event::Event> events(count);
    for (auto& event : events) {
      event.type = type;
      event.data = data;
      event.time = {1'360'350'000'000};
    }
    ASSERT_TRUE(queue_.Append(events, queue::Origin{++origin_}, soon_));
  }

  bool Step(bool flush = true) {
    const auto did = relay_->Step(flush, soon_);
    EXPECT_TRUE(did) << did.error().message;
    return did.value_or(false);
  }
  void Drain() {
    for (int steps = 0; Step() && steps < 100; ++steps) {
    }
  }

  std::vector<std::string> Names() { return *store_.List("", "", 1000, soon_); }

  /// Ids of the events in the store, in the order of names and lines.
  std::vector<std::string> Stored() {
    std::vector<std::string> ids;
    for (const auto& name : Names()) {
      if (!name.ends_with(".jsonl.zst")) continue;
      const auto packed = *store_.Get(name, soon_);
      std::string text(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
      EXPECT_EQ(ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size()), text.size());
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) ids.push_back(event::FromJson(line)->id.ToString());
    }
    return ids;
  }
  std::uint64_t Waiting(Lane lane) { return (*queue_.Depths())[static_cast<std::size_t>(lane)].waiting; }
  static std::vector<std::string> Expected(std::size_t count) {
    std::vector<std::string> ids;
    for (std::size_t i = 1; i <= count; ++i) ids.push_back(fmt::format("EWR/1/sample/{}", i));
    return ids;
  }

  fs::path folder_ = fs::temp_directory_path() / fmt::format("edgewise-relay-{}", getpid());
  ReplayClock clock_;
  Deadline::Clock::time_point now_{};
  Metrics metrics_;
  queue::FakeQueue queue_{"EWR"};
  store::FakeStore store_;
  Policy policy_ = PolicyOf();
  Deadline soon_ = Deadline::After(std::chrono::minutes(2));
  std::uint64_t origin_ = 0;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayTest, CarriesEveryEventOnceInOrderAndSettlesIt) {
  Restart();
  Append(2500);
  Append(2, event::kDisruptionV1, R"({"z":7.1})");
  Drain();
  const auto names = Names();
  ASSERT_EQ(names.size(), 8u);
  EXPECT_EQ(names[1], "sites/EWR/anomaly/e000001/000000000001-000000000002.manifest.json");
  auto expected = Expected(2500);
  expected.insert(expected.begin(), {"EWR/1/anomaly/1", "EWR/1/anomaly/2"});
  EXPECT_EQ(Stored(), expected);
  EXPECT_EQ(Waiting(Lane::kSample), 0u);
  const auto status = relay_->Status();
  EXPECT_EQ(status.lanes.at(Lane::kSample).allowed, 2500u);
  EXPECT_EQ(status.lanes.at(Lane::kSample).stored_through, 2500u);
  EXPECT_FALSE(status.stopped);
  EXPECT_TRUE(metrics_.Text().contains("edgewise_relay_allowed_total"));
}

TEST_F(RelayTest, ABatchIsCutWhenItIsFullOrFiveSecondsOld) {
  Restart();
  Append(3);
  EXPECT_FALSE(Step(false));
  now_ += std::chrono::milliseconds(4999);
  EXPECT_FALSE(Step(false));
  now_ += std::chrono::milliseconds(1);
  EXPECT_TRUE(Step(false));
  EXPECT_EQ(Stored(), Expected(3));
  Append(999);
  EXPECT_FALSE(Step(false));
  Append(1);
  EXPECT_TRUE(Step(false));
  EXPECT_EQ(Stored(), Expected(1003));
  EXPECT_FALSE(Step(false));
}

TEST_F(RelayTest, ABacklogLeavesBesideFreshAnomaliesAndNoneOfThemWaits) {
  Restart();
  Append(10'000);
  std::uint64_t fresh = 0, steps = 0;
  while (Waiting(Lane::kSample) > 0 && ++steps < 100) {
    Append(1, event::kDisruptionV1, R"({"z":3})");
    Append(190);
    fresh += 191;
    ASSERT_TRUE(Step());
    ASSERT_EQ(Waiting(Lane::kAnomaly), 0u) << "in step " << steps;
  }
  const auto carried = 10'000 + fresh;
  EXPECT_GE(carried, 5 * fresh) << "in " << steps << " steps";
}

TEST_F(RelayTest, ALostAnswerDoublesNothing) {
  Restart();
  Append(10);
  store_.FailNext({Code::kUnavailable, "the answer was lost"}, store::FakeStore::Effect::kHappens);
  EXPECT_EQ(relay_->Step(true, soon_).error().code, Code::kUnavailable);
  Append(5);  // what came meanwhile does not change the bytes that are cut
  Drain();
  EXPECT_EQ(Stored(), Expected(15));
  EXPECT_EQ(Names().front(), "sites/EWR/sample/e000001/000000000001-000000000010.jsonl.zst");
}

/// The machine stops between any two steps: each failing call is followed by a restart.
TEST_F(RelayTest, ARestartAtAnyPointDoublesAndLosesNothing) {
  for (const auto effect : {store::FakeStore::Effect::kNone, store::FakeStore::Effect::kHappens}) {
    for (int round = 0; round < 6; ++round) {
      Restart();
      Append(7);
      store_.FailNext({Code::kUnavailable, "cut"}, effect);
      EXPECT_FALSE(relay_->Step(true, soon_));
      if (round % 2 == 1) {
        queue_.FailNext({Code::kUnavailable, "cut"});  // after the puts, before they are settled
        EXPECT_FALSE(relay_->Step(true, soon_));
      }
    }
  }
  Restart();
  Drain();
  EXPECT_EQ(Stored(), Expected(84));
  EXPECT_EQ(relay_->Status().lanes.at(Lane::kSample).allowed, 84u);
  EXPECT_EQ(Waiting(Lane::kSample), 0u);
}

TEST_F(RelayTest, ACutGoesAsItWasJudgedWhateverThePolicySaysLater) {
  Restart();
  Append(10);
  store_.FailNext({Code::kUnavailable, "down"});
  EXPECT_FALSE(relay_->Step(true, soon_));
  policy_ = PolicyOf(kNothing);
  Restart();
  Append(4);
  Drain();
  EXPECT_EQ(Stored(), Expected(10)) << "judged before; the four later ones are denied";
  const auto status = relay_->Status().lanes.at(Lane::kSample);
  EXPECT_EQ(status.allowed, 10u);
  EXPECT_EQ(status.denied, 4u);
  EXPECT_EQ(status.stored_through, 14u);
}

TEST_F(RelayTest, ANewPolicyHoldsFromTheNextCut) {
  Restart();
  Append(2);
  Drain();
  relay_->SetPolicy(PolicyOf(kNothing));
  Append(2);
  Drain();
  EXPECT_EQ(Stored(), Expected(2));
  EXPECT_TRUE(store_.Get("sites/EWR/sample/e000001/000000000003-000000000004.manifest.json", soon_)->contains(R"("denied":2)"));
}

TEST_F(RelayTest, TheSameNameWithOtherBytesStopsTheLaneAndSaysSo) {
  // Another relay of the same site and epoch, with another history, has been there.
  Restart();
  Append(3, event::kSampleV1, R"({"label":0})");
  Drain();
  fs::remove_all(folder_);
  queue::FakeQueue other("EWR");
  relay_ =
      std::make_unique<Relay>(Options{.site = "EWR", .folder = folder_, .clock = &clock_}, policy_, other, store_, SystemFiles(), metrics_);
  std::vector<event::Event> events(3);
  for (auto& event : events) event.type = event::kSampleV1, event.data = R"({"label":1})";
  events.emplace_back().type = event::kDisruptionV1;
  ASSERT_TRUE(other.Append(events, queue::Origin{1}, soon_));
  Drain();
  ASSERT_TRUE(relay_->Status().stopped);
  EXPECT_TRUE(relay_->Status().stopped->starts_with("lane sample: the store holds sites/EWR/sample/"));
  EXPECT_TRUE(metrics_.Text().contains("edgewise_relay_stopped{lane=\"sample\",site=\"EWR\"} 1")) << metrics_.Text();
  EXPECT_EQ((*other.Depths())[2].waiting, 3u) << "nothing is settled that is not stored";
  EXPECT_EQ((*other.Depths())[0].waiting, 0u) << "the other lanes go on";
  EXPECT_FALSE(Step());
}

TEST_F(RelayTest, TheCutIsOnDiskBeforeTheFirstPut) {
  Restart();
  Append(1);
  store_.FailNext({Code::kUnavailable, "down"});
  EXPECT_FALSE(relay_->Step(true, soon_));
  EXPECT_EQ(store_.size(), 0u);
  EXPECT_TRUE(PolicyOf().Reopen(Slurp(folder_ / "sample.cut")));
}

TEST_F(RelayTest, ADamagedCutIsAnErrorAndSendsNothing) {
  Restart();
  Append(1);
  store_.FailNext({Code::kUnavailable, "down"});
  EXPECT_FALSE(relay_->Step(true, soon_));
  auto bytes = Slurp(folder_ / "sample.cut");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(folder_ / "sample.cut") << bytes;
  Restart();
  EXPECT_FALSE(relay_->Status().stopped);
  EXPECT_EQ(relay_->Step(true, soon_).error().code, Code::kDataLoss);
  EXPECT_EQ(store_.size(), 0u);
  ASSERT_TRUE(relay_->Status().stopped) << "whoever only reads the status must see it";
  EXPECT_TRUE(relay_->Status().stopped->contains("cut")) << *relay_->Status().stopped;
}

TEST_F(RelayTest, EveryDecisionHasItsAuditLineAndNoValueIsInIt) {
  Restart();
  Append(3);
  Append(2, event::kInsightV1, R"({"crew_note":"Jane"})");
  Drain();
  const auto audit = Slurp(folder_ / "audit-2013-02-08.jsonl");
  EXPECT_EQ(std::ranges::count(audit, '\n'), 5 + 2) << "one line a decision, one a cut";
  EXPECT_TRUE(audit.contains(R"({"event":"EWR/1/insight/2","type":"io.edgewise.insight.v1","allowed":false,"rule":"default-deny")"));
  for (const auto* secret : {"N14228", "tail", "Jane", "crew"}) EXPECT_FALSE(audit.contains(secret)) << secret;
}

TEST_F(RelayTest, HalfALineOfACrashIsEndedBeforeTheNext) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "audit-2013-02-08.jsonl") << "{\"event\":\"EW";
  Restart();
  Append(1);
  Drain();
  EXPECT_TRUE(Slurp(folder_ / "audit-2013-02-08.jsonl").starts_with("{\"event\":\"EW\n{\"event\":\"EWR/1/sample/1\""));
}

TEST_F(RelayTest, AQueueThatWasLostStopsUntilTheSiteHasANewEpoch) {
  Restart();
  Append(5);
  Drain();
  queue::FakeQueue lost("EWR");
  const auto open = [&](queue::Queue& queue, std::uint64_t epoch) {
    return std::make_unique<Relay>(
        Options{.site = "EWR", .epoch = epoch, .folder = folder_, .clock = &clock_, .now = [this] { return now_; }}, policy_, queue, store_,
        SystemFiles(), metrics_);
  };
  const auto stopped = open(lost, 1);
  EXPECT_EQ(stopped->Step(true, soon_).error().code, Code::kDataLoss);
  ASSERT_TRUE(stopped->Status().stopped);
  EXPECT_NE(stopped->Status().stopped->find("epoch = 2"), std::string::npos) << *stopped->Status().stopped;
  queue::FakeQueue anew("EWR", 2);
  EXPECT_TRUE(open(anew, 2)->Step(true, soon_));
}

}  // namespace
}  // namespace edgewise::relay
