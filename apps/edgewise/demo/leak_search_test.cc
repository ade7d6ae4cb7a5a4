#include "demo/leak_search.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/lineage_id.h"
#include "demo/sinks.h"

namespace edgewise::demo {
namespace {

TEST(LeakSearch, FindsATailInEveryEncodingAndNothingInCleanText) {
  const Forbidden forbidden{.tails = {"N12345"}, .canaries = {"crew.000001@example.org"}, .flight_numbers = {"1545"}};
  const std::pair<const char*, std::string> kPlaces[] = {
      {"plain", "xN12345x"},
      {"lower", "n12345"},
      {"hex", "00" + HexEncode("N12345")},
      {"base64", "eE4xMjM0NXg="},  // xN12345x
      {"HEX", "00" + HexEncode("N12345") + "4A"},
      {"HEX of letters", "6A6B4E31323334354A"},
      {"utf-16, big-endian", std::string("\000N\0001\0002\0003\0004\0005", 12)},
      {"utf-16", std::string("N\0001\0002\0003\0004\0005\000", 12)},
      {"percent", "crew.000001%40example.org"},
      {"field", R"({"flight":"1545"})"},
      {"field", R"({"flight": 1545})"},
      {"field, apart", "{\"flight\"\t:\n1545\n}"},
      {"field inside a text", R"({"row":"{\"flight\":\"1545\"}"})"},
      {"number inside a text", R"({"row":"{\"tail\": 1, \"flight\": 1545}"})"},
      {"field in a text in a text", R"({"a":"{\"row\":\"{\\\"flight\\\":\\\"1545\\\"}\"}"})"}};
  for (const auto& [name, text] : kPlaces) {
    LeakSearch search(forbidden);
    search.Search("here", text);
    EXPECT_EQ(search.leaks().size(), 1U) << name;
  }
  LeakSearch clean(forbidden);
  clean.Search("here", R"({"flight":"15457f3a9c","rows":1545,"tail":"n1234"})");
  clean.Search("here", R"({"row":"{\"flight\":\"15457f3a9c\",\"flights\":1545}","flights":1545,"flight_time":1545,"flight","1545"})");
  EXPECT_TRUE(clean.leaks().empty());
}

class PackedFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& bytes) { std::ofstream(folder_ / "blob", std::ios::binary) << bytes; }

  static bool FoundInside(const LeakSearch& search) {
    return std::ranges::any_of(search.leaks(), [](const Leak& leak) { return leak.where.ends_with("unpacked"); });
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-packed-" + LineageId::Random().ToString());
  LeakSearch search_{{.tails = {"N12345"}, .canaries = {}, .flight_numbers = {}}};
};

TEST_F(PackedFiles, AreSearchedInside) {
  const std::string text = "a model that remembers N12345 and much else, and much else, and much else";
  std::string packed(200, '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  Write(packed);
  ASSERT_TRUE(SearchFiles(folder_, search_));
  EXPECT_TRUE(FoundInside(search_)) << "zstd";
  const auto file = gzopen((folder_ / "blob").c_str(), "wb9");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  LeakSearch again({.tails = {"N12345"}, .canaries = {}, .flight_numbers = {}});
  ASSERT_TRUE(SearchFiles(folder_, again));
  EXPECT_TRUE(FoundInside(again)) << "gzip";
}

TEST_F(PackedFiles, ThatAreDamagedAreNotCalledClean) {
  Write("\x1f\x8b and then nothing that was packed");
  EXPECT_EQ(SearchFiles(folder_, search_).error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace edgewise::demo
