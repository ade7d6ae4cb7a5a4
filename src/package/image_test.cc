#include "package/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "package/detail/gzip.h"
#include "package/detail/manifest.h"
#include "package/detail/tar.h"

namespace edgewise::package {
namespace {

const std::vector<File> kFiles = {{"model.onnx", std::string("onnx\0bytes", 10)}, {"model.json", R"({"schema":"edgewise.model.v1"})"}};

/// An image of one layer with any archive in it, honest in all its digests: what an attacker can push.
Image ImageOf(const std::string& archive, std::string_view media_type = detail::kLayerMediaType) {
  const bool packed = media_type.ends_with("gzip");
  const std::string layer = packed ? *detail::Compress(archive) : archive;
  const std::string config = detail::ConfigJson(Digest::Of(archive));
  const detail::Manifest manifest{{std::string(detail::kConfigMediaType), Digest::Of(config), config.size(), ""},
                                  {{std::string(media_type), Digest::Of(layer), layer.size(), ""}}};
  Image image;
  image.manifest = *detail::ManifestJson(manifest, {});
  image.digest = Digest::Of(image.manifest);
  image.blobs = {{Digest::Of(config), config}, {Digest::Of(layer), layer}};
  return image;
}

Code CodeOf(const Image& image) {
  const auto files = ReadImage(image);
  return files ? Code::kInternal : files.error().code;
}

TEST(Image, GivesBackTheFilesItWasBuiltFrom) {
  const auto files = ReadImage(*BuildImage("delay", kFiles, {}));
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].path, "model.json");
  EXPECT_EQ((*files)[0].bytes, kFiles[1].bytes);
  EXPECT_EQ((*files)[1].path, "model.onnx");
  EXPECT_EQ((*files)[1].bytes, kFiles[0].bytes);
}

TEST(Image, SameFilesInAnyOrderHaveTheSameDigest) {
  const auto first = *BuildImage("delay", kFiles, {{"version", "2013-05"}});
  const auto second = *BuildImage("delay", {kFiles[1], kFiles[0]}, {{"version", "2013-05"}});
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.blobs[1].bytes, second.blobs[1].bytes);
}

TEST(Image, OtherBytesNameOrAnnotationHaveAnotherDigest) {
  const auto digest = BuildImage("delay", kFiles, {})->digest;
  EXPECT_NE(BuildImage("delay", {kFiles[0], {"model.json", "{}"}}, {})->digest, digest);
  EXPECT_NE(BuildImage("late", kFiles, {})->digest, digest);
  EXPECT_NE(BuildImage("delay", kFiles, {{"version", "1"}})->digest, digest);
}

TEST(Image, ManifestIsWhatOtherToolsExpect) {
  const auto image = *BuildImage("delay", kFiles, {{"org.opencontainers.image.version", "2013-05"}});
  const auto manifest = nlohmann::json::parse(image.manifest);
  EXPECT_EQ(manifest["schemaVersion"], 2);
  EXPECT_EQ(manifest["mediaType"], kManifestMediaType);
  EXPECT_EQ(manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(manifest["layers"][0]["digest"], image.blobs[1].digest.ToString());
  EXPECT_EQ(manifest["layers"][0]["size"], image.blobs[1].bytes.size());
  EXPECT_EQ(manifest["annotations"]["org.opencontainers.image.version"], "2013-05");
  const auto config = nlohmann::json::parse(image.blobs[0].bytes);
  EXPECT_EQ(config["rootfs"]["diff_ids"][0], Digest::Of(*detail::Decompress(image.blobs[1].bytes, 1 << 20)).ToString());
}

TEST(Image, BadNamesAndPathsAreRefusedWhenBuilding) {
  for (const auto* name : {"", ".", "..", "a/b", "A", "a b"}) EXPECT_FALSE(BuildImage(name, kFiles, {})) << name;
  for (const auto* path : {"", "/a", "../a", "a/../b", "a//b", "a/", "a\\b", "a\nb"}) {
    EXPECT_EQ(BuildImage("delay", {{path, "x"}}, {}).error().code, Code::kInvalidArgument) << path;
  }
  EXPECT_FALSE(BuildImage("delay", {{"a", "x"}, {"a", "y"}}, {}));
  EXPECT_FALSE(BuildImage("delay", {{"a", "x"}, {"a/b", "y"}}, {}));
  EXPECT_FALSE(BuildImage("delay", kFiles, {{"note", "\xff"}}));
}

TEST(Image, AByteChangedAnywhereIsDataLoss) {
  const auto good = *BuildImage("delay", kFiles, {});
  auto manifest = good;
  manifest.manifest.back() = ' ';
  EXPECT_EQ(CodeOf(manifest), Code::kDataLoss);
  for (std::size_t blob = 0; blob < good.blobs.size(); ++blob) {
    auto changed = good;
    changed.blobs[blob].bytes[20] = static_cast<char>(changed.blobs[blob].bytes[20] ^ 1);
    EXPECT_EQ(CodeOf(changed), Code::kDataLoss);
    auto missing = good;
    missing.blobs.erase(missing.blobs.begin() + static_cast<std::ptrdiff_t>(blob));
    EXPECT_EQ(CodeOf(missing), Code::kDataLoss);
  }
}

TEST(Image, FilesOutsideTheModelAreRefused) {
  ASSERT_TRUE(ReadImage(ImageOf(*detail::WriteTar({{"models/a/x", "1"}}))));  // the control
  EXPECT_EQ(CodeOf(ImageOf(*detail::WriteTar({{"etc/passwd", "1"}}))), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(ImageOf(*detail::WriteTar({{"models/x", "1"}}))), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(ImageOf(*detail::WriteTar({{"models/a/x", "1"}, {"models/b/x", "1"}}))), Code::kInvalidArgument);
}

TEST(Image, APlainTarLayerIsReadAndOtherKindsAreNot) {
  const auto archive = *detail::WriteTar({{"models/a/x", "1"}});
  EXPECT_TRUE(ReadImage(ImageOf(archive, "application/vnd.oci.image.layer.v1.tar")));
  EXPECT_EQ(CodeOf(ImageOf(archive, "application/vnd.oci.image.layer.v1.tar+zstd")), Code::kInvalidArgument);
}

TEST(Image, ADiffIdThatDoesNotFitIsDataLoss) {
  auto image = ImageOf(*detail::WriteTar({{"models/a/x", "1"}}));
  const auto other = ImageOf(*detail::WriteTar({{"models/a/x", "2"}}));
  auto manifest = *detail::ParseManifest(image.manifest);
  manifest.config = detail::ParseManifest(other.manifest)->config;
  image.manifest = *detail::ManifestJson(manifest, {});
  image.digest = Digest::Of(image.manifest);
  image.blobs[0] = other.blobs[0];
  EXPECT_EQ(CodeOf(image), Code::kDataLoss);
}

TEST(Image, ManifestsThatAreNoneAreRefused) {
  for (const std::string text :
       {"", "[]", "{}", R"({"config":1,"layers":[]})", R"({"manifests":[]})", R"({"config":{"digest":"sha256:zz","size":1}})"}) {
    Image image;
    image.manifest = text;
    image.digest = Digest::Of(text);
    EXPECT_EQ(CodeOf(image), Code::kInvalidArgument) << text;
  }
}

TEST(Gzip, ABombIsFoundBeforeItIsUnpacked) {
  const auto bomb = *detail::Compress(std::string(64u << 20, '\0'));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(detail::Decompress(bomb, 1u << 20).error().code, Code::kInvalidArgument);
  EXPECT_EQ(detail::Decompress(bomb, 64u << 20)->size(), 64u << 20);
}

TEST(Gzip, DamagedOrCutBytesAreRefusedAndJoinedMembersRead) {
  const auto good = *detail::Compress("some bytes");
  EXPECT_EQ(*detail::Decompress(good + *detail::Compress(", more"), 100), "some bytes, more");
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(detail::Decompress(good.substr(0, size), 100)) << size;
  EXPECT_FALSE(detail::Decompress("not gzip at all", 100));
  EXPECT_FALSE(detail::Decompress(good + "tail", 100));
}

}  // namespace
}  // namespace edgewise::package
