#include "base/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace edgewise {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsToItsMostAndBeginsAnew) {
  Backoff backoff(milliseconds(100), milliseconds(1000));
  for (const int whole : {100, 200, 400, 800, 1000, 1000}) {
    const auto wait = backoff.Next();
    EXPECT_GE(wait, milliseconds(whole / 2));
    EXPECT_LE(wait, milliseconds(whole));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(100));
}

TEST(Backoff, DoesNotMakeAllComeAtOnce) {
  std::set<milliseconds> waits;
  for (int i = 0; i < 50; ++i) waits.insert(Backoff(milliseconds(1000), milliseconds(1000)).Next());
  EXPECT_GT(waits.size(), 10u);
}

}  // namespace
}  // namespace edgewise
