#include "registry/transfer.h"

#include <fmt/format.h>

#include "registry/names.h"

namespace edgewise::registry {

Result<void> PushImage(ImageStore& store, std::string_view repository, const package::Image& image, std::string_view tag,
                       Deadline deadline) {
  for (const auto& blob : image.blobs) {
    EDGEWISE_ASSIGN(const bool there, store.HasBlob(repository, blob.digest, deadline));
    if (!there) EDGEWISE_TRY(store.PutBlob(repository, blob.digest, blob.bytes, deadline));
  }
  EDGEWISE_ASSIGN(const auto digest, store.PutManifest(repository, tag, image.manifest, package::kManifestMediaType, deadline));
  if (digest != image.digest) return Fail(Code::kDataLoss, "the registry stored another manifest than was pushed");
  return {};
}

Result<package::Image> PullImage(ImageStore& store, std::string_view repository, std::string_view reference, Deadline deadline) {
  EDGEWISE_ASSIGN(auto manifest, store.GetManifest(repository, reference, deadline));
  package::Image image{std::move(manifest.bytes), {}, {}};
  image.digest = Digest::Of(image.manifest);
  if (reference.starts_with("sha256:") && image.digest.ToString() != reference) {
    return Fail(Code::kDataLoss, fmt::format("{}: the registry answered another manifest", reference));
  }
  EDGEWISE_ASSIGN(const auto digests, DigestsIn(image.manifest));
  for (const auto& digest : digests) {
    EDGEWISE_ASSIGN(auto bytes, store.GetBlob(repository, digest, deadline));
    if (Digest::Of(bytes) != digest) return Fail(Code::kDataLoss, fmt::format("blob {} came damaged", digest.ToString()));
    image.blobs.push_back({digest, std::move(bytes)});
  }
  return image;
}

}  // namespace edgewise::registry
