#include "base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace edgewise {
namespace {

using nlohmann::json;

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJson, TakesWhatNestsAsDeepAsAllowedAndNothingDeeper) {
  EXPECT_TRUE(ParseJson<json>(Nested(kDeepestJson)).is_array());
  EXPECT_TRUE(ParseJson<json>(Nested(kDeepestJson + 1)).is_discarded());
  EXPECT_TRUE(ParseJson<nlohmann::ordered_json>(Nested(kDeepestJson + 1)).is_discarded());
  EXPECT_TRUE(ParseJson<json>(std::string(4'000'000, '[')).is_discarded());
}

TEST(ParseJson, CountsDepthAndNotBrackets) {
  EXPECT_TRUE(ParseJson<json>("[" + std::string(100, ' ') + "[1],[2],[3]]").is_array());
  json many = json::array();
  for (int i = 0; i < 1000; ++i) many.push_back({{"a", json::array()}});
  EXPECT_EQ(ParseJson<json>(many.dump()), many);
}

TEST(ParseJson, BracketsInTextsDoNotCountAndDoNotHideOthers) {
  const json text = {std::string(1000, '[') + "\"\\", "\\", "\""};
  EXPECT_EQ(ParseJson<json>(text.dump()), text);
  EXPECT_TRUE(ParseJson<json>(R"(["\\",)" + Nested(kDeepestJson) + "]").is_discarded());
  EXPECT_TRUE(ParseJson<json>(R"(["\"]",)" + Nested(kDeepestJson) + "]").is_discarded());
}

TEST(ParseJson, WhatIsNoJsonIsDiscarded) {
  for (const auto* text : {"", "{", "]", "[\"", "nul"}) EXPECT_TRUE(ParseJson<json>(text).is_discarded()) << text;
}

}  // namespace
}  // namespace edgewise
