#include "event_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace edgewise {
namespace {

using nlohmann::json;

json Event(const std::string& type, json data) {
  return {{"type", type}, {"site", "EWR"}, {"time", "2013-02-08T19:00:00Z"}, {"data", std::move(data)}};
}

TEST(EventTexts, DriftIsTheAlarmAndTheFiveFeaturesThatMovedMost) {
  json features = json::array();
  for (int i = 0; i < 47; ++i)
    features.push_back({{"name", "f" + std::to_string(i)}, {"psi", i / 100.0}, {"seasonal", i == 46}, {"alarm", i >= 45}});
  const auto text = EventText(Event("io.edgewise.drift.v1", {{"features", features}, {"alarm", true}}));
  EXPECT_NE(text.find("drift: ALARM"), std::string::npos) << text;
  EXPECT_NE(text.find("of 47 features"), std::string::npos) << text;
  EXPECT_LT(text.find("f46"), text.find("f45")) << text;
  for (const auto* shown : {"f46", "f45", "f44", "f43", "f42", "(seasonal)"}) EXPECT_NE(text.find(shown), std::string::npos) << shown;
  EXPECT_EQ(text.find("f41"), std::string::npos) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_NE(EventText(Event("io.edgewise.drift.v1", {{"alarm", false}})).find("no alarm"), std::string::npos);
}

TEST(EventTexts, DisruptionsAndReadingsAreSentences) {
  const auto disruption = EventText(Event("io.edgewise.disruption.v1", {{"x", 61.25}, {"median", 4.0}, {"z", 5.5}, {"flights", 12}}));
  EXPECT_TRUE(disruption.starts_with("2013-02-08T19:00:00Z  EWR ")) << disruption;
  EXPECT_NE(disruption.find("61.2 minutes"), std::string::npos) << disruption;
  const auto reading =
      EventText(Event("io.edgewise.reading.v1", {{"stream", "weather"}, {"field", "wind"}, {"value", 1048}, {"min", 0}, {"max", 100}}));
  EXPECT_NE(reading.find("weather wind is 1048,"), std::string::npos) << reading;
}

TEST(EventTexts, WhatIsNotAsExpectedIsNoMoreThanMissing) {
  EXPECT_NE(EventText(Event("io.edgewise.drift.v1", {{"features", "none"}, {"alarm", 1}})).find("of 0 features"), std::string::npos);
  EXPECT_NE(EventText(Event("io.edgewise.new.v7", 3)).find("io.edgewise.new.v7"), std::string::npos);
  EXPECT_EQ(EventText(json::array()), EventText(json::object()));
}

TEST(AuditTexts, AreDecisionsAndNothingElse) {
  const std::string policy = R"("policy":"sha256:00"})";
  const auto left =
      AuditText(R"({"event":"EWR/1/insight/7","allowed":true,"rule":"io.edgewise.insight.v1","dropped":["crew_note"],)" + policy);
  EXPECT_TRUE(left.starts_with("EWR/1/insight/7 ")) << left;
  EXPECT_NE(left.find("left    io.edgewise.insight.v1; dropped crew_note"), std::string::npos) << left;
  const auto stayed = AuditText(R"({"event":"EWR/1/insight/8","allowed":false,"rule":"type not named",)" + policy);
  EXPECT_NE(stayed.find("stayed  type not named"), std::string::npos) << stayed;
  EXPECT_EQ(AuditText(R"({"cut":"sites/EWR/insight/e000001/7-8.jsonl.zst","output":"sha256:00","events":1,"denied":1,)" + policy), "");
  EXPECT_EQ(AuditText(R"({"event":"EWR/1/ins)"), "") << "a line that is just being written";
}

}  // namespace
}  // namespace edgewise
