#include "base/time.h"

#include <gtest/gtest.h>

namespace edgewise {

TEST(Time, WhatIsFormattedReadsBack) {
  for (const auto* text : {"2013-02-08T19:00:00Z", "1969-12-31T23:59:59Z", "2012-02-29T00:00:00.250Z"})
    EXPECT_EQ(FormatTime(ParseTime(text).value()), text);
}

TEST(Time, RefusesWhatIsNotAMoment) {
  for (const auto* text : {"", "2013", "2013-02-30T00:00:00Z", "2013-02-08T24:00:00Z", "2013-02-08T19:00:00", "2013-02-08T19:00:00+01:00"})
    EXPECT_EQ(ParseTime(text).error().code, Code::kInvalidArgument) << text;
}

TEST(TimeZone, KnowsSummerTimeAndMonths) {
  const TimeZone zone = TimeZone::Load("America/New_York").value();
  EXPECT_EQ(zone.OffsetSeconds(ParseTime("2013-01-15T12:00:00Z").value()), -5 * 3600);
  EXPECT_EQ(zone.OffsetSeconds(ParseTime("2013-07-15T12:00:00Z").value()), -4 * 3600);
  EXPECT_EQ(FormatTime(zone.MonthStart(ParseTime("2013-02-01T04:59:00Z").value(), 1)), "2013-02-01T05:00:00Z");
  EXPECT_EQ(zone.Date(ParseTime("2013-02-01T04:59:00Z").value()), "2013-01-31");
  EXPECT_EQ(zone.Civil(ParseTime("2013-02-08T19:00:00Z").value()).weekday, 4);
}

TEST(TimeZone, AnUnknownZoneIsNamed) {
  EXPECT_EQ(TimeZone::Load("America/Nowhere").error().code, Code::kNotFound);
  EXPECT_EQ(TimeZone::Load("../../etc/passwd").error().code, Code::kNotFound);
}

}  // namespace edgewise
