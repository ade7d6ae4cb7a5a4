#include "score/model_settings.h"

#include <gmock/gmock.h>

namespace edgewise::score::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ModelSettings, AnEmptyFileIsTheDefaults) {
  const auto settings = SettingsFromToml("", "serving.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->served, ModelSettings::Served::kLatest);
  EXPECT_EQ(settings->where, ModelSettings::Where::kMeasured);
  EXPECT_EQ(settings->not_a_number, NotANumber::kNull);
  EXPECT_EQ(settings->join_rows, 0U);
}

TEST(ModelSettings, EveryKeyIsRead) {
  const auto settings = SettingsFromToml(R"(
versions = [1, 3]
shadow = 3
image = "127.0.0.1:5000/delay@sha256:aa"
run = "workers"
join_rows = 16
max_rows = 100
not_a_number = "error"
[labels]
stable = 1
canary = 3
[weights]
1 = 90
3 = 10.5
)",
                                         "serving.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->served, ModelSettings::Served::kListed);
  EXPECT_THAT(settings->listed, ElementsAre(1, 3));
  EXPECT_EQ(settings->shadow, 3U);
  EXPECT_EQ(settings->image, "127.0.0.1:5000/delay@sha256:aa");
  EXPECT_EQ(settings->where, ModelSettings::Where::kWorkers);
  EXPECT_EQ(settings->join_rows, 16U);
  EXPECT_EQ(settings->max_rows, 100U);
  EXPECT_EQ(settings->not_a_number, NotANumber::kError);
  EXPECT_THAT(settings->labels, ElementsAre(Pair("canary", 3), Pair("stable", 1)));
  EXPECT_THAT(settings->weights, ElementsAre(Pair(1, 90), Pair(3, 10.5)));
}

struct Mistake {
  std::string text;
  std::string message;
};

TEST(ModelSettings, EachMistakeIsNamedWithItsLine) {
  const Mistake mistakes[] = {
      {"\nversoins = \"all\"", "serving.toml:2: unknown key \"versoins\"; did you mean \"versions\"?"},
      {"versions = \"newest\"", "serving.toml:1: \"versions\" must be one of: latest, all, or a list such as [1, 3]"},
      {"versions = [1, 0]", "serving.toml:1: \"versions\" must be whole numbers >= 1"},
      {"versions = [\"1\"]", "serving.toml:1: \"versions\" must be whole numbers >= 1"},
      {"versions = []", "serving.toml:1: \"versions\" must name a version"},
      {"shadow = 1.5", "serving.toml:1: \"shadow\" must be a whole number"},
      {"max_rows = -1", "serving.toml:1: \"max_rows\" must be a number >= 1"},
      {"run = 3", "serving.toml:1: \"run\" must be a text"},
      {"run = \"gpu\"", "serving.toml:1: \"run\" must be one of: measured, inline, workers"},
      {"labels = 1", "serving.toml:1: \"labels\" must be a table: [labels]"},
      {"[labels]\n7 = 1", "serving.toml:2: a label must not be a number, or it would be a version"},
      {"[weights]\n01 = 1", "serving.toml:2: \"01\" must be a version: a whole number >= 1"},
      {"[weights]\n1 = 0", "serving.toml:2: \"1\" must be a number > 0 and <= 1000000"},
      {"[weights]\n1 = 1e308", "serving.toml:2: \"1\" must be a number > 0 and <= 1000000"},
      {"[weights]\n1 = inf", "serving.toml:2: \"1\" must be a number > 0 and <= 1000000"},
      {"[weights]\n1 = nan", "serving.toml:2: \"1\" must be a number > 0 and <= 1000000"},
      {"[weights\n", "serving.toml:1:"},
  };
  for (const auto& [text, message] : mistakes) {
    const auto settings = SettingsFromToml(text, "serving.toml");
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().code, Code::kInvalidArgument) << text;
    EXPECT_THAT(settings.error().message, testing::StartsWith(message)) << text;
  }
}

TEST(ModelSettings, OnlyPlainPositiveNumbersAreVersions) {
  EXPECT_EQ(VersionNumber("1"), 1U);
  EXPECT_EQ(VersionNumber("20130501"), 20130501U);
  for (const auto* text : {"", "0", "01", "-1", "+1", "1.0", "1 ", " 1", "1a", "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_FALSE(VersionNumber(text)) << text;
  }
}

}  // namespace
}  // namespace edgewise::score::test
