#include "detect/events.h"

#include <gtest/gtest.h>

#include <limits>

namespace edgewise::detect {
namespace {

const LineageId kLineage = *LineageId::Parse("00112233445566778899aabbccddeeff");

TEST(Events, DisruptionHasTheLocalDateOfItsWindow) {
  DisruptionReading reading;
  reading.hour = *ParseTime("2013-02-09T06:00:00Z");  // 1 h at night in New York: its window was the evening of the 8th
  reading.date_of = *ParseTime("2013-02-09T04:30:00Z");
  reading.x = 120.5;
  reading.mad = 8;
  reading.z = 14.25;
  reading.due = 44;
  const auto event = ToEvent(reading, *TimeZone::Load("America/New_York"), kLineage);
  EXPECT_EQ(event.type, event::kDisruptionV1);
  EXPECT_EQ(event.data, R"({"hour":"2013-02-09T06:00:00Z","date":"2013-02-08","z":14.25,"x":120.5,"median":0,"mad":8,"flights":44})");
  EXPECT_EQ(*event::LaneOf(event), event::Lane::kAnomaly);
}

TEST(Events, ReadingNamesFieldAndRange) {
  const auto event = ToEvent(Reading{{0}, "weather", "wind_speed", 1048.36058, 0, std::numeric_limits<double>::infinity()}, kLineage);
  EXPECT_EQ(event.data, R"({"stream":"weather","field":"wind_speed","value":1048.36058,"min":0,"max":null})");
  EXPECT_EQ(*event::LaneOf(event), event::Lane::kAnomaly);
}

TEST(Events, DriftIsAnAnomalyOnlyIfItAlarms) {
  DriftReport report{.rows = 600, .features = {{.name = "temp", .psi = 0.5, .seasonal = true}}};
  const DriftPeriod period{*ParseTime("2013-02-01T00:00:00Z"), *ParseTime("2013-02-08T00:00:00Z"), "sha256:aa"};
  const auto calm = ToEvent(report, period, kLineage);
  EXPECT_EQ(calm.data, R"({"from":"2013-02-01T00:00:00Z","to":"2013-02-08T00:00:00Z","model":"sha256:aa",)"
                       R"("features":[{"name":"temp","psi":0.5,"seasonal":true,"alarm":false}],"alarm":false})");
  EXPECT_EQ(*event::LaneOf(calm), event::Lane::kInsight);
  report.alarm = true;
  EXPECT_EQ(*event::LaneOf(ToEvent(report, period, kLineage)), event::Lane::kAnomaly);
}

TEST(Events, InsightIsJsonWhateverItsTextsHold) {
  InsightData data;
  data.scored = 1;
  data.mean_score = 0.5;
  data.model = "sha256:aa";
  data.rows = {kLineage};
  data.worst = ScoredRow{kLineage, 0.5, "sha256:aa", "1545", "N\"1\\", "IAH", "line\nline"};
  auto event = ToEvent(data, kLineage);
  event.id = {"EWR", 1, event::Lane::kInsight, 1};
  const auto again = event::FromJson(event::ToJson(event));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(event.data,
            R"({"hour":"1970-01-01T00:00:00Z","scored":1,"mean_score":0.5,"high_risk":0,"labelled":0,"late":0,"model":"sha256:aa",)"
            R"("rows":["00112233445566778899aabbccddeeff"],"worst":{"lineage":"00112233445566778899aabbccddeeff","score":0.5,)"
            R"("flight":"1545","tail":"N\"1\\","dest":"IAH"},"crew_note":"line\u000aline"})");
}

}  // namespace
}  // namespace edgewise::detect
