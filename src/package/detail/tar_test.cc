#include "package/detail/tar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "package/detail/tar_header.h"

namespace edgewise::package::detail {
namespace {

/// One entry with a right checksum, whatever else is in it.
std::string Entry(std::string_view name, char type, std::string_view bytes, std::string_view link = "") {
  TarHeader header{};
  std::memcpy(header.name, name.data(), std::min(name.size(), sizeof header.name));
  std::memcpy(header.link, link.data(), link.size());
  std::memcpy(header.magic,
              "ustar\0"
              "00",
              8);
  header.type = type;
  fmt::format_to_n(header.size, 11, "{:011o}", bytes.size());
  fmt::format_to_n(header.checksum, 6, "{:06o}", Checksum(header));
  std::string entry(reinterpret_cast<const char*>(&header), sizeof header);
  entry += bytes;
  entry.resize((entry.size() + kBlock - 1) / kBlock * kBlock);
  return entry;
}
std::string End() { return std::string(2 * kBlock, '\0'); }

TEST(Tar, GivesBackFilesOfEverySize) {
  std::vector<File> files;
  for (const std::size_t size : {0, 1, 511, 512, 513, 5000}) files.push_back({fmt::format("a/{:04}", size), std::string(size, 'x')});
  const auto read = ReadTar(*WriteTar(files));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ((*read)[i].path, files[i].path);
    EXPECT_EQ((*read)[i].bytes, files[i].bytes);
  }
}

TEST(Tar, LongPathsAreSplitAndComeBack) {
  const std::string path = std::string(90, 'a') + "/" + std::string(90, 'b') + "/model";
  EXPECT_EQ(ReadTar(*WriteTar({{path, "x"}}))->front().path, path);
  EXPECT_FALSE(WriteTar({{std::string(120, 'a'), "x"}}));
}

TEST(Tar, ArchivesOfOtherToolsAreRead) {
  const auto read = ReadTar(Entry("./", '5', "") + Entry("./a/", '5', "") + Entry("pax", 'x', "20 path=a/long/name\n16 mtime=1.5678\n") +
                            Entry("a/short", '0', "one") + Entry("././@LongLink", 'L', std::string_view("a/gnu\0", 6)) +
                            Entry("a/g", '0', "two") + End());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)[0].path, "a/long/name");
  EXPECT_EQ((*read)[1].path, "a/gnu");
  EXPECT_EQ((*read)[1].bytes, "two");
}

TEST(Tar, LinksAndDevicesAreRefused) {
  ASSERT_TRUE(ReadTar(Entry("a", '0', "x") + End()));  // the control
  for (const char type : {'1', '2', '3', '4', '6', 'S', 'K', 'Z'}) {
    EXPECT_EQ(ReadTar(Entry("a", type, "", "/etc/passwd") + End()).error().code, Code::kInvalidArgument) << type;
  }
}

TEST(Tar, PathsThatLeaveTheArchiveAreRefused) {
  for (const auto* path : {"../a", "a/../../b", "..", ".", "//a", "a//b", "/../a", "a/.", "a\nb"}) {
    EXPECT_FALSE(ReadTar(Entry(path, '0', "x") + End())) << path;
  }
  EXPECT_FALSE(ReadTar(Entry("pax", 'x', "16 path=../../a\n") + Entry("a", '0', "x") + End()));
  EXPECT_FALSE(ReadTar(Entry("L", 'L', "../../a") + Entry("a", '0', "x") + End()));
  EXPECT_FALSE(ReadTar(Entry("../a/", '5', "") + End()));
}

TEST(Tar, ThePathsOfAnArchiveAreUnique) { EXPECT_FALSE(ReadTar(Entry("a", '0', "x") + Entry("./a", '0', "y") + End())); }

TEST(Tar, DamagedArchivesAreRefused) {
  const auto good = Entry("a/b", '0', std::string(700, 'x'));
  for (const std::size_t size : {1, 511, 512, 700, 1100}) EXPECT_FALSE(ReadTar(good.substr(0, size))) << size;
  for (std::size_t at = 0; at < kBlock; ++at) {
    auto changed = good + End();
    changed[at] = static_cast<char>(changed[at] ^ 4);
    const auto read = ReadTar(changed);
    EXPECT_TRUE(!read || at >= 148) << at;  // in the checksum itself some flips only change its padding
  }
  for (const auto* records : {"x", "99 path=a\n", "0 path=a\n", "7 path\n", "99999999999999999999 a=b\n"}) {
    EXPECT_FALSE(ReadTar(Entry("pax", 'x', records) + good + End())) << records;
  }
  EXPECT_FALSE(ReadTar(Entry("pax", 'x', "22 size=99999999999999\n") + good + End()));
}

}  // namespace
}  // namespace edgewise::package::detail
