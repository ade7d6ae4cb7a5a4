#include <gtest/gtest.h>

#include <cmath>

#include "feature/program.h"

namespace edgewise::feature {
namespace {

const std::vector<std::string> kColumns = {"seats", "year"};

TEST(ReadTable, KeepsTheNamedColumnsAndReadsNaAsMissing) {
  const auto table = ReadTable("tailnum,year,type,seats\nN1,2004,Jet,55\r\nN2,NA,Jet,\n", "tailnum", kColumns);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns, kColumns);
  ASSERT_EQ(table->rows.size(), 2U);
  EXPECT_EQ(table->rows.at("N1"), (std::vector<double>{55, 2004}));
  EXPECT_TRUE(std::isnan(table->rows.at("N2")[0]));
  EXPECT_TRUE(std::isnan(table->rows.at("N2")[1]));
}

TEST(ReadTable, SaysWhichLineIsWrong) {
  const auto message = [](std::string_view csv) { return ReadTable(csv, "tailnum", kColumns).error().message; };
  EXPECT_EQ(message("tailnum,year\n"), "reference table: line 1: the header has no column \"seats\"");
  EXPECT_EQ(message("tailnum,year,seats\nN1,2004\n"), "reference table: line 2: 2 cells, expected 3 (quotes are not read)");
  EXPECT_EQ(message("tailnum,year,seats\nN1,2004,5x\n"), "reference table: line 2: column \"seats\" must be a number, NA or empty");
  EXPECT_EQ(message("tailnum,year,seats\nN1,2004,5\nN1,2004,5\n"),
            "reference table: line 3: its key was there before; keep one line a key");
}

}  // namespace
}  // namespace edgewise::feature
