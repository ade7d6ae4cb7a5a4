#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace edgewise::test {

/// The promises of clock.h, for every implementation. A rig has `Clock& clock()` and `void Pass(std::int64_t ms)`: by both its times the
/// world is that much older afterwards.
template <class Rig>
class ClockConformance : public testing::Test {
 protected:
  Clock& clock() { return rig_.clock(); }

  Rig rig_;
};
TYPED_TEST_SUITE_P(ClockConformance);

TYPED_TEST_P(ClockConformance, TimeThatPassesIsSeen) {
  const auto event = this->clock().EventNow();
  const auto now = this->clock().Now();
  this->rig_.Pass(5);
  EXPECT_GE(this->clock().EventNow().ms, event.ms + 5);
  EXPECT_GE(this->clock().Now().ms, now.ms + 5);
}

TYPED_TEST_P(ClockConformance, NowIsInThisCenturyAndInMilliseconds) {
  EXPECT_GT(this->clock().Now().ms, ParseTime("2020-01-01T00:00:00Z").value().ms);
  EXPECT_LT(this->clock().Now().ms, ParseTime("2100-01-01T00:00:00Z").value().ms);
}

TYPED_TEST_P(ClockConformance, ManyThreadsReadItWhileItRunsAndNoneSeesItGoBack) {
  std::atomic<bool> stop = false;
  std::atomic<int> steps_back = 0;
  const auto watch = [&] {
    for (std::int64_t seen = this->clock().EventNow().ms; !stop;) {
      const auto now = this->clock().EventNow().ms;
      if (now < seen) ++steps_back;
      seen = now;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(watch);
    for (int i = 0; i < 20; ++i) this->rig_.Pass(1);
    stop = true;
  }
  EXPECT_EQ(steps_back, 0);
}

REGISTER_TYPED_TEST_SUITE_P(ClockConformance, TimeThatPassesIsSeen, NowIsInThisCenturyAndInMilliseconds,
                            ManyThreadsReadItWhileItRunsAndNoneSeesItGoBack);

}  // namespace edgewise::test
