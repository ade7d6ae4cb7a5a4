#include "base/toml_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace edgewise {
namespace {

constexpr std::array kOptions = std::to_array<Option>({{"", "name", "text", "", "", "", ""}, {"part", "names", "texts", "", "", "", ""}});

/// What a reader has to say of a document on whose second line there is `line`; "taken" if nothing.
std::string Said(const std::string& line, const std::function<void(TomlReader&, const toml::table&)>& read) {
  const auto document = TomlReader::Parse("# a line\n" + line, "file.toml");
  if (!document) return document.error().message;
  TomlReader reader("file.toml", kOptions);
  read(reader, *document);
  return reader.error() ? reader.error()->message : "taken";
}

TEST(TomlReader, ANumberMustLieInItsRange) {
  const auto said = [](const std::string& value, const TomlReader::Range& range) {
    return Said("x = " + value, [&](auto& in, const auto& table) { in.NumberOr(table, "x", 5, range); });
  };
  EXPECT_EQ(said("0.5", {.above = 0}), "taken");
  EXPECT_EQ(said("0", {.above = 0}), "file.toml:2: \"x\" must be a number > 0");
  EXPECT_EQ(said("0", {.least = 0, .most = 9}), "taken");
  EXPECT_EQ(said("9", {.least = 0, .most = 9}), "taken");
  for (const auto* bad : {"-1", "10", "1e300", "nan", "inf", "-inf", "true", "\"5\"", "[5]", "2013-01-01"})
    EXPECT_EQ(said(bad, {.least = 0, .most = 9}), "file.toml:2: \"x\" must be a number >= 0 and <= 9") << bad;
  EXPECT_EQ(said("-1e300", {}), "taken");
  for (const auto* bad : {"nan", "inf", "-inf"}) EXPECT_EQ(said(bad, {}), "file.toml:2: \"x\" must be a number") << bad;
}

TEST(TomlReader, AnswersTheNumberOrWhatHoldsWithoutIt) {
  const auto document = TomlReader::Parse("x = 7", "file.toml").value();
  TomlReader reader("file.toml", kOptions);
  EXPECT_EQ(reader.NumberOr(document, "x", 5, {}), 7);
  EXPECT_EQ(reader.NumberOr(document, "y", 5, {}), 5);
  EXPECT_FALSE(reader.error());
}

TEST(TomlReader, ATextIsATextAndNotEmpty) {
  const auto said = [](const std::string& line) { return Said(line, [](auto& in, const auto& table) { in.Text(table, "x"); }); };
  EXPECT_EQ(said("x = \"a\""), "taken");
  for (const auto* bad : {"1", "\"\"", "[\"a\"]", "true"})
    EXPECT_EQ(said(std::string("x = ") + bad), "file.toml:2: \"x\" must be a text") << bad;
  EXPECT_EQ(said(""), "file.toml:1: \"x\" is missing; it must be a text");
}

TEST(TomlReader, EachOfAListOfTextsIsATextAndNotEmpty) {
  const auto said = [](const std::string& line) { return Said(line, [](auto& in, const auto& table) { in.Texts(table, "x"); }); };
  EXPECT_EQ(said("x = [\"a\", \"b\"]"), "taken");
  EXPECT_EQ(said("x = []"), "taken");
  for (const auto* bad : {"[1]", "[\"a\", 1]", "[\"\"]", "\"a\"", "[[\"a\"]]"})
    EXPECT_EQ(said(std::string("x = ") + bad), "file.toml:2: \"x\" must be a list of texts") << bad;
}

TEST(TomlReader, AKeyThatNobodyDeclaredIsRefusedAndTheFirstMistakeIsKept) {
  EXPECT_EQ(Said("nam = 1\n[part]\nnames = 1",
                 [](auto& in, const auto& table) {
                   in.Only(table, "");
                   in.Texts(in.Table(table, "part"), "names");
                 }),
            "file.toml:2: unknown key \"nam\"; did you mean \"name\"?");
  EXPECT_EQ(Said("name = 1\npart = 2", [](auto& in, const auto& table) { in.Table(table, "part"); }),
            "file.toml:3: \"part\" must be a table: [part]");
  EXPECT_TRUE(Said("name = ", [](auto&, const auto&) {}).starts_with("file.toml:2: "));
}

}  // namespace
}  // namespace edgewise
