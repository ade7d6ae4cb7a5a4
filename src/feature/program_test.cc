#include "feature/program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

namespace edgewise::feature {
namespace {

constexpr std::string_view kProgram = R"(schema = "edgewise.features.v1"
zone = "America/New_York"
features = [
  { name = "distance", field = "distance" },
  { name = "carrier", category = "carrier" },
  { name = "late", operator = "lateness", read = "value" },
  { name = "temp", operator = "weather", read = "value", field = "temp", seasonal = true },
]
[request]
carrier = "text"
distance = {}
[streams.departure]
carrier = "text"
delay = { min = -100, max = 3000 }
[streams.weather]
temp = { min = -60, max = 140 }
[operators.lateness]
kind = "ewma"
stream = "departure"
key = ["carrier"]
value = "delay"
alpha = 0.05
[operators.weather]
kind = "asof"
stream = "weather"
min_age = "1h"
max_age = "3h"
)";

Program Made(std::string_view text = kProgram) {
  auto program = Program::FromToml(text, "features.toml");
  EXPECT_TRUE(program) << program.error().message;
  return *std::move(program);
}

std::string Changed(std::string_view from, std::string_view to) {
  std::string text(kProgram);
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string Refusal(std::string_view from, std::string_view to) {
  const auto program = Program::FromToml(Changed(from, to), "features.toml");
  EXPECT_FALSE(program);
  return program ? "" : program.error().message;
}

constexpr std::string_view kLooks = R"(schema = "edgewise.features.v1"
features = [ { name = "seats", table = "planes", column = "seats", key = "tail" } ]
[request]
tail = "text"
)";

TEST(Program, ATableThatNobodyGivesIsNamedUnlessItIsDeclaredOptional) {
  const auto program = Made(kLooks);
  const auto refused = CheckTables(program, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  for (const auto* word : {"\"seats\"", "\"planes\"", "[tables.planes]", "optional = true"}) {
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(CheckTables(program, {{"planes", {.columns = {"seats"}, .rows = {}}}}));
  const auto optional = Made(std::string(kLooks) + "[tables.planes]\noptional = true\n");
  EXPECT_TRUE(CheckTables(optional, {}));
  EXPECT_FALSE(CheckTables(optional, {{"planes", {.columns = {"year"}, .rows = {}}}})) << "a table that is there must have the column";
  EXPECT_EQ(optional.layout(), program.layout()) << "samples mix all the same";
}

TEST(Program, AnOptionalTableStaysOptionalOnItsWayWithTheModel) {
  const auto program = Made(std::string(kLooks) + "[tables.planes]\noptional = true\n");
  const auto read = Program::FromJson(program.ToJson());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->digest(), program.digest());
  EXPECT_TRUE(CheckTables(*read, {}));
  EXPECT_FALSE(CheckTables(Program::FromJson(Made(kLooks).ToJson()).value(), {}));
  const auto mistyped = Program::FromToml(std::string(kLooks) + "[tables.plains]\noptional = true\n", "features.toml");
  ASSERT_FALSE(mistyped);
  EXPECT_NE(mistyped.error().message.find("features.toml:5"), std::string::npos) << mistyped.error().message;
}

TEST(Program, OutputsKeepTheOrderOfTheFile) {
  const auto program = Made();
  ASSERT_EQ(program.outputs().size(), 4U);
  EXPECT_EQ(program.outputs()[1].name, "carrier");
  EXPECT_TRUE(program.outputs()[1].category);
  EXPECT_TRUE(program.outputs()[3].seasonal);
  EXPECT_EQ(program.numbers(), 3U);
  EXPECT_EQ(program.categories(), 1U);
  EXPECT_EQ(program.stream("departure")->fields.size(), 2U);
  EXPECT_EQ(program.stream("landing"), nullptr);
}

TEST(Program, TomlAndItsJsonAreTheSameProgram) {
  const auto program = Made().WithVocabularies({{"carrier", {"UA", "AA"}}});
  const auto again = Program::FromJson(program.ToJson());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->ToJson(), program.ToJson());
  EXPECT_EQ(again->digest(), program.digest());
  EXPECT_EQ(again->layout(), program.layout());
}

TEST(Program, LayoutIgnoresVocabulariesRangesAndNamesOfOperatorsButNotTheirNumbers) {
  const auto program = Made();
  const auto trained = program.WithVocabularies({{"carrier", {"AA"}}});
  EXPECT_NE(trained.digest(), program.digest());
  EXPECT_EQ(trained.layout(), program.layout());
  EXPECT_EQ(Made(Changed("max = 140", "max = 150")).layout(), program.layout());
  EXPECT_NE(Made(Changed("alpha = 0.05", "alpha = 0.1")).layout(), program.layout());
}

TEST(Program, EncodesCategoriesByVocabularyWithOtherAndMissing) {
  const auto program = Made().WithVocabularies({{"carrier", {"UA", "AA"}}, {"unknown", {"x"}}});
  const auto code = [&](std::string carrier) {
    std::vector<float> row(4);
    program.Encode({.numbers = {1, 2, 3}, .categories = {std::move(carrier)}}, row);
    EXPECT_EQ(row[0], 1);
    EXPECT_EQ(row[2], 2);
    EXPECT_EQ(row[3], 3);
    return row[1];
  };
  EXPECT_EQ(code("UA"), 0);
  EXPECT_EQ(code("AA"), 1);
  EXPECT_EQ(code("ZZ"), 2);
  EXPECT_TRUE(std::isnan(code("")));
}

TEST(Program, AMistypedKeyIsRefusedWithLineAndSuggestion) {
  EXPECT_EQ(Refusal("alpha = 0.05", "alpa = 0.05"), "features.toml:22: unknown key \"alpa\"; did you mean \"alpha\"?");
  EXPECT_EQ(Refusal("alpha = 0.05", ""), "features.toml:17: key \"alpha\" is missing");
  EXPECT_EQ(Refusal("alpha = 0.05", "alpha = 0.05\ncapp = 180"), "features.toml:23: unknown key \"capp\"; did you mean \"cap\"?");
  EXPECT_EQ(Refusal("zone =", "zones ="), "features.toml:2: unknown key \"zones\"; did you mean \"zone\"?");
  EXPECT_EQ(Refusal("min = -60", "mim = -60"), "features.toml:16: unknown key \"mim\"; did you mean \"min\"?");
}

TEST(Program, AMistypedValueIsRefusedWithLineAndSuggestion) {
  EXPECT_EQ(Refusal("kind = \"ewma\"", "kind = \"ewna\""), "features.toml:18: key \"kind\" cannot be \"ewna\"; did you mean \"ewma\"?");
  EXPECT_EQ(Refusal("operator = \"lateness\"", "operator = \"latenes\""),
            "features.toml:6: key \"operator\" names no operator: \"latenes\"; did you mean \"lateness\"?");
  EXPECT_EQ(Refusal("stream = \"departure\"", "stream = \"departures\""),
            "features.toml:19: key \"stream\" names no stream: \"departures\"; did you mean \"departure\"?");
  EXPECT_EQ(Refusal("value = \"delay\"", "value = \"dely\""),
            "features.toml:21: key \"value\" needs a number field of \"departure\", not \"dely\"; did you mean \"delay\"?");
  EXPECT_EQ(Refusal("max_age = \"3h\"", "max_age = \"3 hours\""),
            "features.toml:27: key \"max_age\" must be a duration of at most 400 days, like \"90s\", \"60m\", \"3h\" or \"2d\"");
  EXPECT_EQ(Refusal("field = \"distance\"", "field = \"distanc\""),
            "features.toml:4: key \"field\" needs a number field of the request, not \"distanc\"; did you mean \"distance\"?");
  EXPECT_EQ(Refusal("America/New_York", "America/Newyork"),
            "features.toml:2: key \"zone\" is no time zone known here; take a name from the IANA list and have tzdata installed");
}

TEST(Program, WhatCannotBeIsRefused) {
  EXPECT_EQ(Refusal("read = \"value\" }", "read = \"value\", category = \"carrier\" }"),
            "features.toml:6: a feature needs exactly one of field, category, time, table, operator");
  EXPECT_EQ(Refusal("name = \"late\"", "name = \"carrier\""), "features.toml:6: key \"name\" is taken by an earlier feature");
  EXPECT_EQ(Refusal("alpha = 0.05", "alpha = 2"), "features.toml:22: key \"alpha\" must be above 0 and at most 1");
  EXPECT_EQ(Refusal("features.v1", "features.v2"),
            "features.toml:1: key \"schema\" must be \"edgewise.features.v1\"; another major version needs another Edgewise");
  EXPECT_NE(Refusal("[request]", "[request").find("features.toml:9: "), std::string::npos);
  EXPECT_FALSE(Program::FromJson("{"));
  EXPECT_FALSE(Program::FromJson("[]"));
}

TEST(Program, ReadsTheFlightsExample) {
  std::ifstream file(EDGEWISE_EXAMPLES "/flights/features.toml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto program = Program::FromToml(text, "features.toml");
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ(program->outputs().size(), 46U);
  EXPECT_EQ(program->categories(), 3U);
  EXPECT_EQ(Program::FromJson(program->ToJson())->digest(), program->digest());
}

}  // namespace
}  // namespace edgewise::feature
