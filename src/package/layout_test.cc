#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "package/image.h"

namespace edgewise::package {
namespace {

namespace fs = std::filesystem;

class Layout : public testing::Test {
 protected:
  ~Layout() override { fs::remove_all(folder_); }

  void Overwrite(const fs::path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  fs::path folder_ = fs::temp_directory_path() / ("edgewise-layout-" + std::to_string(getpid()));
  Image image_ = *BuildImage("delay", {{"model.onnx", "onnx"}, {"model.json", "{}"}}, {});
};

TEST_F(Layout, GivesBackTheImageThatWasWritten) {
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  const auto image = ReadLayout(SystemFiles(), folder_, "v1");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->digest, image_.digest);
  EXPECT_EQ(image->manifest, image_.manifest);
  EXPECT_TRUE(ReadImage(*image));
}

TEST_F(Layout, IsTheSameWhenWrittenTwice) {
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  EXPECT_TRUE(ReadLayout(SystemFiles(), folder_, "v1"));
  EXPECT_EQ(SystemFiles().List(folder_ / "blobs" / "sha256")->size(), 3u);
}

TEST_F(Layout, AnUnknownTagOrFolderIsNotFound) {
  EXPECT_EQ(ReadLayout(SystemFiles(), folder_, "v1").error().code, Code::kNotFound);
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  EXPECT_EQ(ReadLayout(SystemFiles(), folder_, "v2").error().code, Code::kNotFound);
}

TEST_F(Layout, ADamagedBlobIsDataLoss) {
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  const auto path = folder_ / "blobs" / "sha256" / image_.blobs[1].digest.Hex();
  auto bytes = image_.blobs[1].bytes;
  bytes[5] = static_cast<char>(bytes[5] ^ 1);
  Overwrite(path, bytes);
  EXPECT_EQ(ReadLayout(SystemFiles(), folder_, "v1").error().code, Code::kDataLoss);
  Overwrite(path, bytes + "longer");
  EXPECT_EQ(ReadLayout(SystemFiles(), folder_, "v1").error().code, Code::kDataLoss);
}

TEST_F(Layout, AnIndexCannotNameAFileOutside) {
  ASSERT_TRUE(WriteLayout(SystemFiles(), folder_, image_, "v1"));
  Overwrite(folder_ / "index.json",
            R"({"manifests":[{"digest":"sha256:../../../etc/passwd","size":1,"annotations":{"org.opencontainers.image.ref.name":"v1"}}]})");
  EXPECT_EQ(ReadLayout(SystemFiles(), folder_, "v1").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace edgewise::package
