#include "queue/depth_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace edgewise::queue {
namespace {

TEST(DepthJson, WhatIsWrittenIsRead) {
  LaneDepth depth{.lane = event::Lane::kAnomaly, .waiting = 1, .waiting_bytes = 2, .dead = 3, .damaged = 4, .missing = 5, .dropped = 6};
  depth.appended = 7;
  depth.oldest = EventTime{1'360'350'000'000};
  const auto json = ToJson(depth);
  EXPECT_EQ(json.dump(), R"({"lane":"anomaly","waiting":1,"dead":3,"damaged":4,"missing":5,"dropped":6,"appended":7,"waiting_bytes":2,)"
                         R"("oldest":"2013-02-08T19:00:00Z"})");
  depth.oldest.reset();
  const auto read = DepthFromJson(nlohmann::json::parse(json.dump()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(ToJson(*read), ToJson(depth));
}

TEST(DepthJson, WhatIsNoDepthIsRefused) {
  for (const auto* text : {"{}", "[]", "1", R"({"lane":1})", R"({"lane":"other"})"}) {
    EXPECT_FALSE(DepthFromJson(nlohmann::json::parse(text))) << text;
  }
  EXPECT_EQ(DepthFromJson(nlohmann::json::parse(R"({"lane":"sample","waiting":-1,"dead":"x"})"))->waiting, 0u);
}

}  // namespace
}  // namespace edgewise::queue
