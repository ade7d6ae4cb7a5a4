#include "site/queue_watch.h"

#include <gmock/gmock.h>

#include "site/status.h"

namespace edgewise::site {
namespace {

using event::Lane;
using std::chrono::seconds;
using testing::HasSubstr;

class QueueWatchTest : public testing::Test {
 protected:
  void Look(bool failing, std::uint64_t allowed = 0) {
    relay_.lanes[Lane::kSample].allowed = allowed;
    watch_.Look({.now = now_,
                 .wall = {1'700'000'000'000},
                 .clock = {100'000},
                 .depths = {{.lane = Lane::kSample,
                             .waiting = 3,
                             .waiting_bytes = 900,
                             .dead = 1,
                             .dropped = 7,
                             .oldest = EventTime{40'000},
                             .appended = 20}},
                 .relay = relay_,
                 .failing = failing,
                 .queue_bytes = 4096,
                 .disk_free_bytes = 1 << 20});
  }
  std::uint64_t Offline() const { return watch_.figures().offline_seconds; }

  Metrics metrics_;
  relay::RelayStatus relay_;
  QueueWatch watch_{metrics_, "EWR", 1000};
  QueueWatch::TimePoint now_{};
};

TEST_F(QueueWatchTest, OfflineIsFromTheFirstFailureToTheNextSuccess) {
  Look(false);
  EXPECT_EQ(Offline(), 0U);
  Look(true);
  now_ += seconds(90);
  Look(true);
  EXPECT_EQ(Offline(), 90U);
  EXPECT_THAT(metrics_.Text(), HasSubstr("edgewise_relay_offline_seconds{site=\"EWR\"} 90"));
  Look(false);
  EXPECT_EQ(Offline(), 0U);
  now_ += seconds(5);
  Look(true);
  EXPECT_EQ(Offline(), 0U) << "a new one";
}

TEST_F(QueueWatchTest, LastStoredIsWhenSomethingLeft) {
  Look(false, 5);
  EXPECT_FALSE(watch_.figures().last_stored) << "that was before the start";
  Look(false, 6);
  EXPECT_EQ(watch_.figures().last_stored->ms, 1'700'000'000'000);
}

TEST_F(QueueWatchTest, EveryFigureIsAMetric) {
  Look(false);
  const auto text = metrics_.Text();
  for (const auto* line :
       {R"(edgewise_queue_waiting{lane="sample",site="EWR"} 3)", R"(edgewise_queue_dead{lane="sample",site="EWR"} 1)",
        R"(edgewise_queue_dropped_total{lane="sample",site="EWR"} 7)", R"(edgewise_queue_oldest_seconds{lane="sample",site="EWR"} 60)",
        R"(edgewise_queue_bytes{site="EWR"} 4096)", R"(edgewise_queue_waiting_bytes{lane="sample",site="EWR"} 900)",
        R"(edgewise_queue_limit_bytes{site="EWR"} 1000)", R"(edgewise_site_disk_free_bytes{site="EWR"} 1048576)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(QueueWatchTest, TheStatusSaysIt) {
  Look(false, 5);
  Look(false, 6);
  Status status;
  status.figures = watch_.figures();
  const auto text = ToJson(status);
  EXPECT_THAT(
      text,
      HasSubstr(
          R"("lanes":{"sample":{"waiting":3,"dead":1,"damaged":0,"missing":0,"dropped":7,"appended":20,"waiting_bytes":900,"oldest":"1970-01-01T00:00:40)"));
  EXPECT_THAT(text, HasSubstr(R"("offline_seconds":0,"last_stored":"2023-11-14T22:13:20)"));
}

}  // namespace
}  // namespace edgewise::site
