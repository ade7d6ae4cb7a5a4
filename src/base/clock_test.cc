#include "base/clock_conformance.h"

namespace edgewise::test {
namespace {

using std::chrono::milliseconds, std::chrono::steady_clock;

/// Time passes by itself; it is measured with another clock.
struct Wall {
  Clock& clock() { return clock_; }
  static void Pass(std::int64_t ms) {
    const auto until = steady_clock::now() + milliseconds(ms + 1);  // one more: whole milliseconds are compared
    while (steady_clock::now() < until) std::this_thread::yield();
  }

  WallClock clock_;
};
/// Time passes when the test says so.
struct Replay {
  Replay() {
    clock_.Advance({1'000});
    clock_.SetNow({ParseTime("2026-01-01T00:00:00Z").value().ms});
  }
  Clock& clock() { return clock_; }
  void Pass(std::int64_t ms) {
    clock_.Advance({clock_.EventNow().ms + ms});
    clock_.SetNow({clock_.Now().ms + ms});
  }

  ReplayClock clock_;
};
using Implementations = testing::Types<Wall, Replay>;
INSTANTIATE_TYPED_TEST_SUITE_P(Base, ClockConformance, Implementations);

TEST(ReplayClock, StandsStillUntilItIsAdvancedAndNeverGoesBack) {
  ReplayClock clock;
  EXPECT_EQ(clock.EventNow().ms, 0);
  clock.Advance({500});
  clock.Advance({400});
  EXPECT_EQ(clock.EventNow().ms, 500);
}

TEST(ReplayClock, TheLatestOfManyWatermarksWins) {
  ReplayClock clock;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t first = 0; first < 4; ++first) {
      threads.emplace_back([&clock, first] {
        for (std::int64_t ms = first; ms <= 20'000; ms += 4) clock.Advance({ms});
      });
    }
  }
  EXPECT_EQ(clock.EventNow().ms, 20'000);
}

TEST(ReplayClock, ItsProcessingTimeIsTheWallsUntilItIsFixed) {
  ReplayClock clock;
  EXPECT_GE(clock.Now().ms, WallClock().Now().ms - 60'000);
  clock.SetNow({42});
  EXPECT_EQ(clock.Now().ms, 42);
  EXPECT_EQ(clock.EventNow().ms, 0) << "the two times are not mixed up";
}

}  // namespace
}  // namespace edgewise::test
