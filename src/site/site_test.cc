#include <fstream>

#include "site/entry.h"
#include "site/made_site_test.h"
#include "site/score_log.h"

namespace edgewise::site::test {
namespace {

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
  EXPECT_EQ(RowIn(Score(0, "A")), RowIn(first));
  EXPECT_EQ(Stop(1, 5, "B", 40).status, 200);  // would change the features of a new row
  Open();                                      // the sender heard nothing: the site went away
  WaitUntilLive();
  EXPECT_EQ(RowIn(Score(0, "A")), RowIn(first));
  EXPECT_EQ(Status()["scored"], 1);
  EXPECT_NE(RowIn(Score(1, "A")), RowIn(first)) << "another moment is another row";
  EXPECT_NE(RowIn(Post("/score/late", fmt::format(R"({{"time":"{}","name":"A","due":"{}","amount":7}})", At(0), At(60)))), RowIn(first))
      << "and so is another request";
  EXPECT_EQ(Status()["scored"], 3);
}

TEST_F(SiteTest, ARequestThatIsDatedBackAndSaidAgainIsTheSameRow) {
  WaitUntilLive();
  ASSERT_EQ(Stop(1, 5, "B", 40).status, 200);  // the site's clock is ahead of the request's time
  const auto first = Score(0, "A");
  EXPECT_EQ(RowIn(Score(0, "A")), RowIn(first));
  EXPECT_EQ(Status()["scored"], 1);
}

TEST_F(SiteTest, BadInputIsRefusedWithAReasonAndTheNextRequestWorks) {
  WaitUntilLive();
  EXPECT_EQ(Post("/records/nowhere", "{}").status, 404);
  EXPECT_EQ(Post("/records/stop", "no json").status, 400);
  EXPECT_EQ(Post("/score/nobody", "{}").status, 404);
  EXPECT_EQ(Post("/score/late", "[").status, 400);
  EXPECT_EQ(Post("/clock", R"({"watermark":"yesterday"})").status, 400);
  EXPECT_EQ(Score(0, "A").status, 200);
  EXPECT_EQ(Post("/clock", R"({"watermark":"9999-01-01T00:00:00Z"})").status, 400) << "each hour until then would be closed";
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

TEST_F(SiteTest, MetricsCountWhatHappened) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  ASSERT_EQ(Stop(1, 100, "A", 30).status, 200);
  const auto text =
      client_->Send({.method = "GET", .target = "/metrics", .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(20)))->body;
  EXPECT_NE(text.find("edgewise_site_records_total{site=\"EWR\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("edgewise_site_labelled_total{site=\"EWR\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("edgewise_site_score_seconds_count{site=\"EWR\"} 1"), std::string::npos) << text;
}

TEST_F(SiteTest, AScorerThatWasReplacedEndsWithoutAnotherRequest) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  Push("2", kFeatures);
  Desire(2, "2");
  WaitUntilLive(2);
  WaitUntil([&] { return target_.running() == 1; });
}

TEST_F(SiteTest, AScoreLogThatWasLostIsFilledAgainFromTheJournal) {
  WaitUntilLive();
  const auto lineage = nlohmann::json::parse(Score(0, "A").body)["lineage"].get<std::string>();
  ASSERT_EQ(Score(1, "B").status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);  // with it a snapshot
  site_.reset();
  for (const auto* name : {"scores.db", "scores.db-wal", "scores.db-shm"}) std::filesystem::remove(folder_ / name);
  Open();
  EXPECT_EQ(Post("/labels", fmt::format(R"({{"lineage":"{}","label":1,"time":"{}"}})", lineage, At(90))).status, 200);
  EXPECT_EQ(Status()["scored"], 2);
}

TEST_F(SiteTest, AScoreLogThatIsDamagedIsKeptAsideAndFilledAgainFromTheJournal) {
  WaitUntilLive();
  const auto lineage = nlohmann::json::parse(Score(0, "A").body)["lineage"].get<std::string>();
  ASSERT_EQ(Score(1, "B").status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  const auto file = folder_ / "scores.db";
  for (const std::size_t kept : {std::size_t{0}, std::size_t{100}}) {  // no database at all; one whose pages are rubbish
    site_.reset();
    auto bytes = SystemFiles().Read(file).value();
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), '!');
    std::ofstream(file, std::ios::binary) << bytes;
    Open();
    EXPECT_EQ(Post("/labels", fmt::format(R"({{"lineage":"{}","label":1,"time":"{}"}})", lineage, At(90))).status, 200);
    EXPECT_EQ(Status()["scored"], 2);
    EXPECT_EQ(SystemFiles().Read(file.string() + (kept == 0 ? ".damaged-1" : ".damaged-2")).value(), bytes);
  }
}

TEST_F(SiteTest, WithAQueueThatWasLostItScoresOnAndTakesNothingThatWouldGetANameThatHasLeft) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  ASSERT_EQ(Stop(1, 100, "A", 30).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  ASSERT_EQ(StoredSamples(), 1U);
  site_.reset();
  for (const auto* name : {"queue.db", "queue.db-wal", "queue.db-shm"}) std::filesystem::remove(folder_ / name);
  Open();
  WaitUntilLive();
  WaitUntil([&] { return Status()["stopped"].is_string(); });
  EXPECT_TRUE(Status()["stopped"].get<std::string>().contains("epoch = 2")) << Status()["stopped"];
  EXPECT_EQ(Post("/score/late?durability=none", Asked(1, "B")).status, 200);
  EXPECT_NE(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 1U);
}

TEST_F(SiteTest, WhatWouldCostFarMoreThanItsBytesIsRefused) {
  WaitUntilLive();
  EXPECT_EQ(Post("/labels", std::string(1 << 20, '[')).status, 400);
  EXPECT_EQ(Post("/score/late", fmt::format(R"({{"time":"{}","name":"{}","due":"{}"}})", At(0), std::string(5000, 'x'), At(60))).status,
            400);
  EXPECT_EQ(
      Post("/records/stop", fmt::format(R"({{"producer":"p","seq":1,"time":"{}","name":"A","delay":9999,"delay":9999}})", At(0))).status,
      400);
  EXPECT_EQ(Status()["quarantined"], 0);
}

}  // namespace
}  // namespace edgewise::site::test
