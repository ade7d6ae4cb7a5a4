#include "site/drained.h"

#include <gtest/gtest.h>

namespace edgewise::site {
namespace {

using event::Lane;
using queue::LaneDepth;

TEST(Drained, MovesAtOnceWhenNothingWaits) {
  Drained drained;
  drained.Look({100}, std::vector<LaneDepth>{{.lane = Lane::kSample, .waiting = 0, .dead = 0, .appended = 7}});
  EXPECT_EQ(drained.through(), EventTime{100});
}

TEST(Drained, WaitsForEveryLaneAndNotForWhatCameLater) {
  Drained drained;
  const auto look = [&](std::int64_t found, std::uint64_t samples_waiting, std::uint64_t samples, std::uint64_t insights_waiting) {
    drained.Look({found}, std::vector<LaneDepth>{{.lane = Lane::kSample, .waiting = samples_waiting, .dead = 0, .appended = samples},
                                                 {.lane = Lane::kInsight, .waiting = insights_waiting, .dead = 0, .appended = 2}});
    return drained.through();
  };
  EXPECT_EQ(look(100, 10, 10, 2), EventTime{});  // the mark: 10 samples and 2 insights
  EXPECT_EQ(look(200, 5, 15, 2), EventTime{});   // all 10 samples have left, 5 newer ones wait; the insights have not
  EXPECT_EQ(look(300, 5, 20, 0), EventTime{100});
  EXPECT_EQ(look(400, 5, 25, 0), EventTime{300});  // the queue was never empty
}

TEST(Drained, DeadEventsHoldNothingUp) {
  Drained drained;
  drained.Look({100}, std::vector<LaneDepth>{{.lane = Lane::kSample, .waiting = 1, .dead = 3, .appended = 9}});
  drained.Look({200}, std::vector<LaneDepth>{{.lane = Lane::kSample, .waiting = 0, .dead = 4, .appended = 9}});
  EXPECT_GE(drained.through(), EventTime{100});
}

}  // namespace
}  // namespace edgewise::site
