#include "event/event.h"

#include <gtest/gtest.h>

namespace edgewise::event {
namespace {

Event SampleEvent() {
  Event event;
  event.id = {"EWR", 1, Lane::kSample, 42};
  event.type = kSampleV1;
  event.subject = "delay";
  event.time = *ParseTime("2013-02-08T19:00:00Z");
  event.lineage = *LineageId::Parse("0123456789abcdef0123456789abcdef");
  event.data = R"({"label":1,"n":[1.5,null],"c":["a \"b\""]})";
  return event;
}

TEST(Event, SurvivesTheWayThroughJson) {
  const auto event = SampleEvent();
  const auto back = FromJson(ToJson(event));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(ToJson(*back), ToJson(event));
  EXPECT_EQ(back->id, event.id);
  EXPECT_EQ(back->lineage, event.lineage);
}

TEST(Event, ControlCharactersInASubjectAreEscaped) {
  auto event = SampleEvent();
  event.subject = "a\n\"b\"\\";
  const auto back = FromJson(ToJson(event));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->subject, event.subject);
}

TEST(Event, EachMissingAttributeIsNamed) {
  for (const std::string name : {"specversion", "id", "type", "time", "data"}) {
    auto json = ToJson(SampleEvent());
    json.replace(json.find('"' + name + "\":"), name.size() + 2, "\"other\"");
    const auto back = FromJson(json);
    ASSERT_FALSE(back) << name;
    EXPECT_NE(back.error().message.find(name), std::string::npos) << back.error().message;
  }
}

TEST(Event, UnknownAttributesAreIgnoredAndUnknownMajorsSetAside) {
  auto json = ToJson(SampleEvent());
  json.insert(1, R"("future":{"a":1},)");
  EXPECT_TRUE(FromJson(json));
  EXPECT_TRUE(Understands("io.edgewise.sample.v0"));
  EXPECT_TRUE(Understands("io.edgewise.sample.v1"));
  EXPECT_FALSE(Understands("io.edgewise.sample.v2"));
  EXPECT_FALSE(Understands("io.edgewise.secret.v1"));
  EXPECT_FALSE(Understands("io.edgewise.sample.v1x"));
}

TEST(EventId, RefusesWhatIsNotOne) {
  for (const auto* text : {"", "EWR", "EWR/1/sample", "EWR/1/other/3", "EWR/x/sample/3", "EWR/1/sample/3x", "/1/sample/3"}) {
    EXPECT_FALSE(EventId::Parse(text)) << text;
  }
  EXPECT_EQ(EventId::Parse("EWR/1/sample/42")->ToString(), "EWR/1/sample/42");
}

TEST(Event, AlarmingDriftIsAnAnomaly) {
  auto event = SampleEvent();
  event.type = kDriftV1;
  event.subject = "";
  EXPECT_EQ(*LaneOf(event), Lane::kInsight);
  event.subject = "alarm";
  EXPECT_EQ(*LaneOf(event), Lane::kAnomaly);
  event.type = "io.edgewise.unknown.v1";
  EXPECT_FALSE(LaneOf(event));
}

}  // namespace
}  // namespace edgewise::event
