#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/result.h"

namespace edgewise::package {

/// A file inside an image: path below /models/<name>/ and its bytes.
struct File {
  std::string path;
  std::string bytes;
};

struct Blob {
  Digest digest;
  std::string bytes;
};

/// An OCI image (image-spec 1.1) in memory: manifest, config and one layer (a reproducible tar, gzip). Same files, same digests.
struct Image {
  std::string manifest;     ///< JSON, mediaType application/vnd.oci.image.manifest.v1+json
  Digest digest;            ///< Of the manifest: the model's identity from here on.
  std::vector<Blob> blobs;  ///< Config and layer.
};

inline constexpr std::string_view kManifestMediaType = "application/vnd.oci.image.manifest.v1+json";

/// Builds the image of a model: /models/<name>/{model.onnx, model.json}. `annotations` go to the manifest.
Result<Image> BuildImage(std::string_view name, const std::vector<File>& files,
                         const std::vector<std::pair<std::string, std::string>>& annotations);
/// The files of an image built by BuildImage (or by anyone, with one tar or tar+gzip layer per part).
/// Errors: kInvalidArgument (path outside /models, link, bomb: unpacked size over 1 GiB), kDataLoss (digest).
Result<std::vector<File>> ReadImage(const Image& image);

/// Writes and reads an OCI image layout directory (oci-layout, index.json, blobs/sha256/...) with one tag.
Result<void> WriteLayout(Files& files, const std::filesystem::path& directory, const Image& image, std::string_view tag);
Result<Image> ReadLayout(Files& files, const std::filesystem::path& directory, std::string_view tag);

}  // namespace edgewise::package
