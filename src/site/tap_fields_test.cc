#include "site/tap_fields.h"

#include <gtest/gtest.h>

namespace edgewise::site {
namespace {

std::vector<TapField> Fields(std::initializer_list<std::string_view> texts) {
  std::vector<TapField> fields;
  for (const auto text : texts) fields.push_back(TapFieldFromText(text).value());
  return fields;
}

TEST(TapFields, AFieldIsAMemberOrAPointerAndMayBeOptional) {
  const auto fields = Fields({"carrier", "tail?=/plane/tail number", "a/b~c"});
  EXPECT_EQ(fields[0].pointer, "/carrier");
  EXPECT_TRUE(fields[0].needed);
  EXPECT_EQ(fields[1].name, "tail");
  EXPECT_EQ(fields[1].pointer, "/plane/tail number");
  EXPECT_FALSE(fields[1].needed);
  EXPECT_EQ(fields[2].pointer, "/a~1b~0c");
}

TEST(TapFields, WhatIsNoPointerIsRefusedWithAnExample) {
  for (const auto* text : {"", "=", "=/a", "?", "a=b", "a=/b~2", "a=/~"}) {
    const auto field = TapFieldFromText(text);
    ASSERT_FALSE(field) << text;
    EXPECT_NE(field.error().message.find("carrier=/flight/carrier"), std::string::npos) << field.error().message;
  }
}

TEST(TapFields, ValuesComeAsTheyStandInTheApplicationsJson) {
  const auto fields = Fields({"carrier=/flight/carrier", "hour=/legs/0/hour", "big", "tail?"});
  EXPECT_EQ(RequestFrom(R"({"flight":{"carrier":"U\u00c4","x":1},"legs":[{"hour":17.25}],"big":12345678901234567})", fields).value(),
            R"({"big":12345678901234567,"carrier":"UÄ","hour":17.25})");
}

TEST(TapFields, WhatIsMissingOrNoJsonIsToldApart) {
  const auto fields = Fields({"carrier=/flight/carrier"});
  EXPECT_EQ(RequestFrom(R"({"flight":"UA"})", fields).error().code, Code::kNotFound);
  EXPECT_EQ(RequestFrom(R"([])", Fields({"a=/x"})).error().code, Code::kNotFound);
  EXPECT_EQ(RequestFrom("carrier=UA", fields).error().code, Code::kInvalidArgument);
  EXPECT_EQ(RequestFrom(std::string(10'000, '['), fields).error().code, Code::kInvalidArgument);
  EXPECT_EQ(RequestFrom("{}", Fields({"tail?"})).value(), "{}");
}

TEST(TapFields, APathTakesWhatLiesBelowIt) {
  EXPECT_TRUE(LiesBelow("/orders", "/orders"));
  EXPECT_TRUE(LiesBelow("/orders/7?x=/y", "/orders/"));
  EXPECT_TRUE(LiesBelow("/orders?x=1", "/orders"));
  EXPECT_TRUE(LiesBelow("/anything", "/"));
  EXPECT_FALSE(LiesBelow("/ordersheet", "/orders"));
  EXPECT_FALSE(LiesBelow("/other?path=/orders", "/orders"));
}

}  // namespace
}  // namespace edgewise::site
