#include "site/made_files_test.h"
#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

class FullDiskTest : public SiteTest {
 protected:
  Files& files() override { return full_; }
  FullFiles full_;
};

TEST_F(FullDiskTest, WhatDoesNotFitIsRefusedWholeAndTheSameBodyIsTakenWhenThereIsRoom) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  full_.full = true;
  for (int i = 0; i < 3; ++i) {
    const auto refused = Stop(1, 100, "A", 30);
    EXPECT_EQ(refused.status, 429) << refused.body;
    EXPECT_NE(refused.body.find("no space left"), std::string::npos) << refused.body;
    EXPECT_GE(Score(1, "B").status, 400);
  }
  full_.full = false;
  net::HttpResponse taken;
  WaitUntil([&] { return (taken = Stop(1, 100, "A", 30)).status == 200; });  // the disk is tried again after a moment
  EXPECT_EQ(nlohmann::json::parse(taken.body)["new"], 1) << "it had not been taken before";
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  const auto status = Status();
  EXPECT_EQ(status["records"], 1);
  EXPECT_EQ(status["scored"], 1);
  EXPECT_EQ(status["labelled"], 1);
  EXPECT_EQ(StoredSamples(), 1U);
  Open();  // and the disk says the same
  EXPECT_EQ(Status()["records"], 1);
  EXPECT_EQ(Status()["scored"], 1);
}

class LiveTest : public SiteTest {
 protected:
  Site::Options Made() override {
    auto options = SiteTest::Made();
    options.replay = false;
    const auto clock = std::make_shared<ReplayClock>();  // shared with the site; it stands still
    clock->Advance({kStart.ms + kMinute});
    options.clock = clock;
    return options;
  }
  static std::string Line(int sequence, std::string_view time) {
    return fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"A","delay":1}})", sequence, time) + "\n";
  }
};

TEST_F(LiveTest, ARecordFromTheFutureRefusesItsBodyAndIsCounted) {
  const auto refused = Post("/records/stop", Line(1, At(0)) + Line(2, "2999-01-01T00:00:00Z") + Line(3, At(1)));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("line 2"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("Nothing of this body was taken"), std::string::npos) << refused.body;
  EXPECT_EQ(Status()["records"], 0);
  EXPECT_NE(metrics_.Text().find("edgewise_site_records_ahead_total{site=\"EWR\"} 1"), std::string::npos) << metrics_.Text();
  EXPECT_EQ(Post("/records/stop", Line(1, At(0)) + Line(3, At(1))).status, 200);
  EXPECT_EQ(Status()["records"], 2);
  EXPECT_EQ(Status()["clock"], At(1));
}

TEST_F(SiteTest, TheAnswerToRecordsTellsNewOnesRepetitionsAndThoseOutOfOrder) {
  const auto line = [](int sequence) {
    return fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"A","delay":1}})", sequence, At(sequence)) + "\n";
  };
  EXPECT_EQ(Post("/records/stop", line(1) + line(2)).body, R"({"new":2,"repeated":0,"skipped":0})");
  EXPECT_EQ(Post("/records/stop", line(2)).body, R"({"new":0,"repeated":1,"skipped":0})");
  const auto answer = nlohmann::json::parse(Post("/records/stop", line(9) + line(5) + line(7)).body);
  EXPECT_EQ(answer["new"], 1);
  EXPECT_EQ(answer["skipped"], 2);
  EXPECT_NE(answer["reason"].get<std::string>().find("ascending"), std::string::npos);
}

TEST_F(SiteTest, ALandingOfAnUnknownFlightAndASecondLandingLabelNothing) {
  WaitUntilLive();
  ASSERT_EQ(Score(0, "A").status, 200);
  EXPECT_EQ(Stop(1, 90, "nobody asked about it", 30).status, 200);
  EXPECT_EQ(Status()["labelled"], 0);
  EXPECT_EQ(Stop(2, 100, "A", 30).status, 200);
  EXPECT_EQ(Stop(3, 101, "A", 0).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(Status()["labelled"], 1);
  EXPECT_EQ(StoredSamples(), 1U);
}

}  // namespace
}  // namespace edgewise::site::test
