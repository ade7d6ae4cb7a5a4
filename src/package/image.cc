#include "package/image.h"

#include <fmt/format.h>

#include <algorithm>

#include "package/detail/gzip.h"
#include "package/detail/manifest.h"
#include "package/detail/tar.h"

namespace edgewise::package {
namespace {

constexpr std::size_t kLargestUnpacked = std::size_t{1} << 30;
constexpr std::string_view kRoot = "models/";

/// One folder name, as train::ModelCard has it.
Result<void> CheckModelName(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
  const bool fits = !name.empty() && name.size() <= 64 && name != "." && name != ".." && std::ranges::all_of(name, good);
  if (fits) return {};
  return Fail(Code::kInvalidArgument, "a model's name is 1 to 64 of a-z 0-9 . _ -");
}

detail::Descriptor Describe(std::string_view media_type, const Blob& blob) {
  return {std::string(media_type), blob.digest, blob.bytes.size(), ""};
}

Blob MakeBlob(std::string bytes) {
  const auto digest = Digest::Of(bytes);
  return {digest, std::move(bytes)};
}

Result<std::string_view> FindBlob(const Image& image, const detail::Descriptor& descriptor) {
  const auto found = std::ranges::find(image.blobs, descriptor.digest, &Blob::digest);
  if (found == image.blobs.end()) {
    return Fail(Code::kDataLoss, fmt::format("blob {} of image {} is missing", descriptor.digest.ToString(), image.digest.Short()));
  }
  if (found->bytes.size() != descriptor.size || Digest::Of(found->bytes) != descriptor.digest) {
    return Fail(Code::kDataLoss,
                fmt::format("blob {} of image {} does not fit its digest", descriptor.digest.ToString(), image.digest.Short()));
  }
  return std::string_view(found->bytes);
}

Result<std::string> Unpack(const detail::Descriptor& layer, std::string_view bytes, std::size_t limit) {
  if (layer.media_type.ends_with("gzip")) return detail::Decompress(bytes, limit);
  if (!layer.media_type.ends_with(".tar")) {
    return Fail(Code::kInvalidArgument, fmt::format("layer {} is neither tar nor tar+gzip", layer.digest.Short()));
  }
  if (bytes.size() > limit) return Fail(Code::kInvalidArgument, fmt::format("layer is over {} bytes", limit));
  return std::string(bytes);
}

/// Takes "models/<name>/" off; every file must have the same one.
Result<void> Rebase(File& file, std::string& folder) {
  const auto slash = file.path.starts_with(kRoot) ? file.path.find('/', kRoot.size()) : std::string::npos;
  if (slash == std::string::npos) return Fail(Code::kInvalidArgument, "the image holds a file outside /models/<name>/");
  const auto own = file.path.substr(0, slash + 1);
  if (folder.empty()) folder = own;
  if (own != folder) return Fail(Code::kInvalidArgument, "the image holds more than one model; one image is one model");
  file.path.erase(0, own.size());
  return {};
}

/// What the layers read so far have given.
struct Parts {
  std::vector<File> files;
  std::string folder;
  std::size_t left = kLargestUnpacked;
};

Result<void> AddLayer(const std::string& archive, Parts& parts) {
  parts.left -= archive.size();
  EDGEWISE_ASSIGN(auto files, detail::ReadTar(archive));
  for (auto& file : files) {
    EDGEWISE_TRY(Rebase(file, parts.folder));
    const bool taken = std::ranges::find(parts.files, file.path, &File::path) != parts.files.end();
    if (taken) return Fail(Code::kInvalidArgument, "the image holds the same path twice");
    parts.files.push_back(std::move(file));
  }
  return {};
}

}  // namespace

Result<Image> BuildImage(std::string_view name, const std::vector<File>& files,
                         const std::vector<std::pair<std::string, std::string>>& annotations) {
  EDGEWISE_TRY(CheckModelName(name));
  std::vector<File> placed;
  for (const auto& file : files) {
    EDGEWISE_TRY(detail::CheckPath(file.path));
    placed.push_back({fmt::format("{}{}/{}", kRoot, name, file.path), file.bytes});
  }
  EDGEWISE_ASSIGN(const auto archive, detail::WriteTar(std::move(placed)));
  EDGEWISE_ASSIGN(auto layer_bytes, detail::Compress(archive));
  auto layer = MakeBlob(std::move(layer_bytes));
  auto config = MakeBlob(detail::ConfigJson(Digest::Of(archive)));
  const detail::Manifest manifest{Describe(detail::kConfigMediaType, config), {Describe(detail::kLayerMediaType, layer)}};
  Image image;
  EDGEWISE_ASSIGN(image.manifest, detail::ManifestJson(manifest, annotations));
  image.digest = Digest::Of(image.manifest);
  image.blobs.push_back(std::move(config));
  image.blobs.push_back(std::move(layer));
  return image;
}

Result<std::vector<File>> ReadImage(const Image& image) {
  if (Digest::Of(image.manifest) != image.digest) {
    return Fail(Code::kDataLoss, fmt::format("manifest of image {} does not fit its digest", image.digest.Short()));
  }
  EDGEWISE_ASSIGN(const auto manifest, detail::ParseManifest(image.manifest));
  EDGEWISE_ASSIGN(const auto config, FindBlob(image, manifest.config));
  EDGEWISE_ASSIGN(const auto unpacked_digests, detail::ParseDiffIds(config));
  if (!unpacked_digests.empty() && unpacked_digests.size() != manifest.layers.size()) {
    return Fail(Code::kInvalidArgument, fmt::format("config of image {} names another number of layers", image.digest.Short()));
  }
  Parts parts;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    EDGEWISE_ASSIGN(const auto bytes, FindBlob(image, manifest.layers[i]));
    EDGEWISE_ASSIGN(const auto archive, Unpack(manifest.layers[i], bytes, parts.left));
    if (!unpacked_digests.empty() && Digest::Of(archive) != unpacked_digests[i]) {
      return Fail(Code::kDataLoss, fmt::format("layer {} does not fit the config's diff_id", manifest.layers[i].digest.Short()));
    }
    EDGEWISE_TRY(AddLayer(archive, parts));
  }
  return std::move(parts.files);
}

}  // namespace edgewise::package
