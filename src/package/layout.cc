#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "package/detail/manifest.h"
#include "package/image.h"

namespace edgewise::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayoutVersion = R"({"imageLayoutVersion":"1.0.0"})";

fs::path BlobPath(const fs::path& directory, const Digest& digest) { return directory / "blobs" / "sha256" / digest.Hex(); }

/// Looks at the size before reading, so that a swapped file does not fill memory.
Result<std::string> ReadBlob(Files& files, const fs::path& directory, const detail::Descriptor& descriptor) {
  const auto path = BlobPath(directory, descriptor.digest);
  EDGEWISE_ASSIGN(const auto size, files.Size(path));
  const auto damaged = [&] {
    return Fail(Code::kDataLoss, fmt::format("{} does not fit its digest; copy the image again", path.string()));
  };
  if (size != descriptor.size) return damaged();
  EDGEWISE_ASSIGN(auto bytes, files.Read(path));
  if (Digest::Of(bytes) != descriptor.digest) return damaged();
  return bytes;
}

Result<detail::Descriptor> FindTag(Files& files, const fs::path& directory, std::string_view tag) {
  EDGEWISE_ASSIGN(const auto index, files.Read(directory / "index.json"));
  EDGEWISE_ASSIGN(const auto manifests, detail::ParseIndex(index));
  const auto found = std::ranges::find(manifests, tag, &detail::Descriptor::tag);
  if (found != manifests.end()) return *found;
  std::vector<std::string_view> tags;
  for (const auto& manifest : manifests) tags.push_back(manifest.tag);
  return Fail(Code::kNotFound, fmt::format("{} has no image tagged {}", directory.string(), Suggest(tag, tags)));
}

}  // namespace

Result<void> WriteLayout(Files& files, const fs::path& directory, const Image& image, std::string_view tag) {
  EDGEWISE_TRY(files.MakeDirs(directory / "blobs" / "sha256"));
  EDGEWISE_TRY(files.ReplaceDurably(directory / "oci-layout", kLayoutVersion));
  for (const auto& blob : image.blobs) EDGEWISE_TRY(files.ReplaceDurably(BlobPath(directory, blob.digest), blob.bytes));
  EDGEWISE_TRY(files.ReplaceDurably(BlobPath(directory, image.digest), image.manifest));
  // Last: a layout that was cut off in the middle still names what it named before.
  const detail::Descriptor manifest{std::string(kManifestMediaType), image.digest, image.manifest.size(), std::string(tag)};
  return files.ReplaceDurably(directory / "index.json", detail::IndexJson(manifest));
}

Result<Image> ReadLayout(Files& files, const fs::path& directory, std::string_view tag) {
  EDGEWISE_ASSIGN(const auto version, files.Read(directory / "oci-layout"));
  if (version.find("\"1.") == std::string::npos) {
    return Fail(Code::kInvalidArgument, fmt::format("{} is not an OCI image layout of version 1", directory.string()));
  }
  EDGEWISE_ASSIGN(const auto descriptor, FindTag(files, directory, tag));
  if (descriptor.size > detail::kLargestDocument) return Fail(Code::kInvalidArgument, "the manifest is over 4 MiB");
  Image image;
  image.digest = descriptor.digest;
  EDGEWISE_ASSIGN(image.manifest, ReadBlob(files, directory, descriptor));
  EDGEWISE_ASSIGN(const auto manifest, detail::ParseManifest(image.manifest));
  EDGEWISE_ASSIGN(auto config, ReadBlob(files, directory, manifest.config));
  image.blobs.push_back({manifest.config.digest, std::move(config)});
  for (const auto& layer : manifest.layers) {
    EDGEWISE_ASSIGN(auto bytes, ReadBlob(files, directory, layer));
    image.blobs.push_back({layer.digest, std::move(bytes)});
  }
  return image;
}

}  // namespace edgewise::package
