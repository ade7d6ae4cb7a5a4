#pragma once

#include <filesystem>

#include "base/files.h"
#include "registry/image_store.h"

namespace edgewise::registry {

/// An ImageStore in a folder: blobs/sha256/<hex> shared by all repositories, and per repository manifests and tags, each a small file.
/// A blob is visible once it is whole and synced. Contract: image_store.h.
class DirectoryImageStore final : public ImageStore {
 public:
  DirectoryImageStore(std::filesystem::path folder, Files& files) : folder_(std::move(folder)), files_(files) {}

  Result<bool> HasBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<std::string> GetBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<void> PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline deadline) override;
  Result<Manifest> GetManifest(std::string_view repository, std::string_view reference, Deadline deadline) override;
  Result<Digest> PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes, std::string_view media_type,
                             Deadline deadline) override;
  Result<std::vector<std::string>> Tags(std::string_view repository, Deadline deadline) override;

 private:
  std::filesystem::path BlobPath(const Digest& digest) const { return folder_ / "blobs" / "sha256" / digest.Hex(); }
  std::filesystem::path Repository(std::string_view name) const { return folder_ / "repositories" / name; }
  Result<void> PutFile(const std::filesystem::path& path, std::string_view bytes);

  std::filesystem::path folder_;
  Files& files_;
};

}  // namespace edgewise::registry
