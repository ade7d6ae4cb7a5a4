#include "base/date.h"

#include <gtest/gtest.h>

namespace edgewise {

TEST(Dates, AreDaysThatThereAre) {
  const auto leap = ParseDate("2012-02-29");
  ASSERT_TRUE(leap);
  EXPECT_EQ(leap->year * 10000 + leap->month * 100 + leap->day, 20120229);
  for (const auto* text : {"", "2013", "2013-02-29", "2013-02-31", "2013-13-01", "2013-00-01", "2013-01-00", "2013-1-01", "2013-01-01Z",
                           "2013/01/01", "-013-01-01"}) {
    EXPECT_EQ(ParseDate(text).error().code, Code::kInvalidArgument) << text;
  }
}

}  // namespace edgewise
