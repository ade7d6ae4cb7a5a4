#include <gtest/gtest.h>

#include <cmath>

#include "feature/record.h"

namespace edgewise::feature {
namespace {

const StreamSpec kWeather{.name = "weather",
                          .fields = {{.name = "site", .kind = FieldKind::kText, .required = true},
                                     {.name = "seen", .kind = FieldKind::kTime},
                                     {.name = "wind", .min = 0, .max = 100}}};

Result<Record> Parse(std::string_view json, RecordParser::Form form = RecordParser::Form::kRecord) {
  return RecordParser().Parse(kWeather, json, form);
}

std::string Refusal(std::string_view json) { return Parse(json).error().message; }

TEST(RecordParser, ReadsDeclaredFieldsAndIgnoresOthers) {
  const auto record = Parse(
      R"({"time":"2013-02-08T19:00:00Z","producer":"tower","seq":7,"more":[1,{"x":2}],"site":"E\"R","seen":"2013-02-08T18:59:00Z","wind":12})");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(FormatTime(record->time), "2013-02-08T19:00:00Z");
  EXPECT_EQ(record->producer, "tower");
  EXPECT_EQ(record->sequence, 7U);
  EXPECT_EQ(record->values[0].text, "E\"R");
  EXPECT_EQ(record->values[1].number, static_cast<double>(record->time.ms - 60'000));
  EXPECT_EQ(record->values[2].number, 12);
  EXPECT_TRUE(record->quarantined.empty());
}

TEST(RecordParser, ANumberOutOfItsRangeBecomesMissingAndIsReported) {
  const auto record = Parse(R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":1,"site":"EWR","wind":1048.36})");
  ASSERT_TRUE(record);
  EXPECT_TRUE(std::isnan(record->values[2].number));
  ASSERT_EQ(record->quarantined.size(), 1U);
  EXPECT_EQ(record->quarantined[0].field, "wind");
  EXPECT_EQ(record->quarantined[0].value, 1048.36);
}

TEST(RecordParser, ANumberThatNoFeatureCanHoldIsOutOfEveryRange) {
  const StreamSpec open{.name = "open", .fields = {{.name = "x"}}};
  const auto record = RecordParser().Parse(open, R"({"x":-1e300})", RecordParser::Form::kRequest);
  ASSERT_TRUE(record);
  EXPECT_TRUE(std::isnan(record->values[0].number));
  EXPECT_EQ(record->quarantined.size(), 1U);
}

TEST(RecordParser, NullAndAbsentFieldsAreMissing) {
  const auto record = Parse(R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":1,"site":"EWR","wind":null})");
  ASSERT_TRUE(record);
  EXPECT_TRUE(std::isnan(record->values[1].number));
  EXPECT_TRUE(std::isnan(record->values[2].number));
}

TEST(RecordParser, RefusalsNameStreamAndFieldButNeverTheValue) {
  EXPECT_EQ(Refusal(R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":1})"),
            "stream \"weather\": field \"site\" is required and missing");
  EXPECT_EQ(Refusal(R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":1,"site":"E","wind":"secret"})"),
            "stream \"weather\": field \"wind\" must be a number or null");
  EXPECT_EQ(Refusal(R"({"time":"yesterday","producer":"a","seq":1,"site":"E"})"),
            "stream \"weather\": field \"time\" must be a time in UTC, as text like \"2013-02-08T19:00:00Z\"");
  EXPECT_EQ(Refusal(R"({"producer":"a","seq":1,"site":"E"})"), "stream \"weather\": field \"time\" is required and missing");
  EXPECT_EQ(Refusal(R"({"time":"2013-02-12T08:00:00Z","seq":1,"site":"E"})"),
            "stream \"weather\": field \"producer\" is required and missing");
  EXPECT_EQ(Refusal(R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":0,"site":"E"})"),
            "stream \"weather\": field \"seq\" must be a whole number from 1");
}

TEST(RecordParser, BrokenJsonIsRefusedAndTheNextRecordWorks) {
  RecordParser parser;
  for (const auto* bad : {"", "{", "[]", "7", "{\"time\":}", "{\"site\":\"\xff\"}", "{\"site\":\"E\"} x"}) {
    const auto record = parser.Parse(kWeather, bad, RecordParser::Form::kRecord);
    ASSERT_FALSE(record) << bad;
    EXPECT_EQ(record.error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(parser.Parse(kWeather, R"({"time":"2013-02-12T08:00:00Z","producer":"a","seq":1,"site":"E"})", RecordParser::Form::kRecord));
}

TEST(RecordParser, ARequestNeedsNeitherTimeNorProducer) {
  RecordParser parser;
  EXPECT_TRUE(parser.Parse(kWeather, R"({"site":"E"})", RecordParser::Form::kRequest));
  const auto two = parser.Parse(kWeather, R"({"site":"J","wind":3})", RecordParser::Form::kRequest);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->values[2].number, 3);
  EXPECT_FALSE(parser.Parse(kWeather, "{}", RecordParser::Form::kRequest));
}

}  // namespace
}  // namespace edgewise::feature
