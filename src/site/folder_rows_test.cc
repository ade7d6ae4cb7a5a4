#include "site/folder_rows.h"

#include <gtest/gtest.h>

namespace edgewise::site {
namespace {

const feature::StreamSpec kSpec{
    "late", {{"name", feature::FieldKind::kText}, {"amount", feature::FieldKind::kNumber}, {"due", feature::FieldKind::kTime}}};

std::vector<std::string> Csv(std::string_view bytes) {
  std::vector<std::string> rows;
  for (const auto& row : RowsOfCsv(bytes, kSpec))
    rows.push_back(std::to_string(row.line) + (row.error.empty() ? row.json : "!" + row.error));
  return rows;
}

TEST(FolderRows, CsvCellsBecomeWhatTheirFieldIs) {
  const std::vector<std::string> expected = {R"(2{"amount":0.5,"due":"2013-01-01T00:00:00Z","name":"007"})",
                                             R"(3{"amount":1000.0,"name":"a,\"b\"\nc"})", R"(5{"name":"NA"})", R"(7{"amount":"ten"})"};
  EXPECT_EQ(
      Csv("\xEF\xBB\xBFname,amount,due,other\r\n007,0.5,2013-01-01T00:00:00Z,x\r\n\"a,\"\"b\"\"\nc\",1e3,,\r\nNA,NA,,\r\n\r\n,ten,,y"),
      expected);
}

TEST(FolderRows, ARaggedRowAndAnOpenQuoteAreErrorsOfTheirLineAlone) {
  const std::vector<std::string> expected = {"2!the row has 1 cells, the header 2", R"(3{"amount":1.0,"name":"B"})",
                                             "4!the row has 3 cells, the header 2", "5!a quote is not closed"};
  EXPECT_EQ(Csv("name,amount\nA\nB,1\nC,1,2\n\"D,1\nE,1\n"), expected);
}

TEST(FolderRows, AHeaderThatNamesAColumnTwiceIsAnErrorOfTheFile) {
  EXPECT_EQ(Csv("name,name\nA,B\n"), std::vector<std::string>{"1!the header names \"name\" twice"});
  EXPECT_TRUE(Csv("").empty());
  EXPECT_TRUE(Csv("name\n").empty());
}

TEST(FolderRows, JsonLinesStayAsTheyAre) {
  const auto rows = RowsOfJsonLines("{\"a\" : 1}\r\n\n  \nnot json");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].json, "{\"a\" : 1}");
  EXPECT_EQ(rows[1].line, 4U);
  EXPECT_EQ(rows[1].json, "not json");
}

TEST(FolderRows, FilesOnTheirWayAreNotRead) {
  EXPECT_TRUE(IsRead("a.csv"));
  EXPECT_TRUE(IsRead("a.jsonl"));
  EXPECT_TRUE(IsRead("a.ndjson"));
  for (const auto* name : {".a.csv", "a.csv.tmp", "a.csv.part", "a.txt", "csv"}) EXPECT_FALSE(IsRead(name)) << name;
}

}  // namespace
}  // namespace edgewise::site
