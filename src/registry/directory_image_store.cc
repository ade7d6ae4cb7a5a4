#include "registry/directory_image_store.h"

#include <fmt/format.h>

#include "registry/names.h"

namespace edgewise::registry {
namespace {

std::unexpected<Error> Unknown(std::string_view what, std::string_view repository, std::string_view name) {
  return Fail(Code::kNotFound, fmt::format("registry: no {} {} in {}", what, name, repository));
}

}  // namespace

Result<void> DirectoryImageStore::PutFile(const std::filesystem::path& path, std::string_view bytes) {
  EDGEWISE_TRY(files_.MakeDirs(path.parent_path()));
  return files_.ReplaceDurably(path, bytes);
}

Result<bool> DirectoryImageStore::HasBlob(std::string_view repository, const Digest& digest, Deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  const auto size = files_.Size(BlobPath(digest));
  if (!size && size.error().code != Code::kNotFound) return std::unexpected(size.error());
  return size.has_value();
}

Result<std::string> DirectoryImageStore::GetBlob(std::string_view repository, const Digest& digest, Deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  auto bytes = files_.Read(BlobPath(digest));
  if (!bytes && bytes.error().code == Code::kNotFound) return Unknown("blob", repository, digest.ToString());
  if (bytes && Digest::Of(*bytes) != digest) {
    return Fail(Code::kDataLoss, fmt::format("registry: blob {} is damaged on disk; push it again", digest.ToString()));
  }
  return bytes;
}

Result<void> DirectoryImageStore::PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  if (Digest::Of(bytes) != digest) return Fail(Code::kInvalidArgument, "registry: the blob's bytes do not have the digest that was named");
  return PutFile(BlobPath(digest), bytes);
}

Result<Manifest> DirectoryImageStore::GetManifest(std::string_view repository, std::string_view reference, Deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  std::string wanted(reference);
  if (!reference.starts_with("sha256:")) {
    EDGEWISE_TRY(CheckTag(reference));
    auto tagged = files_.Read(Repository(repository) / "_tags" / reference);
    if (!tagged && tagged.error().code == Code::kNotFound) return Unknown("tag", repository, reference);
    if (!tagged) return std::unexpected(tagged.error());
    wanted = *std::move(tagged);
  }
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(wanted));
  auto bytes = files_.Read(Repository(repository) / "_manifests" / digest.Hex());
  if (!bytes && bytes.error().code == Code::kNotFound) return Unknown("manifest", repository, reference);
  if (!bytes) return std::unexpected(bytes.error());
  // First line: media type; the rest: the manifest as it was pushed.
  const auto end = bytes->find('\n');
  Manifest manifest{end == std::string::npos ? std::string() : bytes->substr(end + 1), bytes->substr(0, end), digest};
  if (Digest::Of(manifest.bytes) != digest) {
    return Fail(Code::kDataLoss, fmt::format("registry: manifest {} is damaged on disk; push it again", digest.ToString()));
  }
  return manifest;
}

Result<Digest> DirectoryImageStore::PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes,
                                                std::string_view media_type, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  if (media_type.find('\n') != std::string_view::npos) return Fail(Code::kInvalidArgument, "registry: not a media type");
  const auto digest = Digest::Of(bytes);
  const bool by_digest = reference.starts_with("sha256:");
  if (by_digest && reference != digest.ToString())
    return Fail(Code::kInvalidArgument, "registry: the manifest does not have the digest that was named");
  if (!by_digest) EDGEWISE_TRY(CheckTag(reference));
  EDGEWISE_ASSIGN(const auto needed, DigestsIn(bytes));
  for (const auto& blob : needed) {
    EDGEWISE_ASSIGN(const bool there, HasBlob(repository, blob, deadline));
    const auto nested = Repository(repository) / "_manifests" / blob.Hex();
    if (!there && !files_.Size(nested)) {
      return Fail(Code::kInvalidArgument, fmt::format("registry: the manifest names blob {}, which was not pushed", blob.ToString()));
    }
  }
  EDGEWISE_TRY(PutFile(Repository(repository) / "_manifests" / digest.Hex(), fmt::format("{}\n{}", media_type, bytes)));
  if (!by_digest) EDGEWISE_TRY(PutFile(Repository(repository) / "_tags" / reference, digest.ToString()));
  return digest;
}

Result<std::vector<std::string>> DirectoryImageStore::Tags(std::string_view repository, Deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  auto tags = files_.List(Repository(repository) / "_tags");
  if (tags) std::erase_if(*tags, IsTemporary);
  if (tags || tags.error().code != Code::kNotFound) return tags;
  if (!files_.List(Repository(repository) / "_manifests")) return Unknown("repository", repository, "of this name");
  return std::vector<std::string>();
}

}  // namespace edgewise::registry
