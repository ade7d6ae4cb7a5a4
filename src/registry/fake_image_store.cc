#include "registry/fake_image_store.h"

#include <utility>

#include "registry/names.h"

namespace edgewise::registry {

void FakeImageStore::FailNext(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

Result<void> FakeImageStore::Begin(std::string_view repository) {
  if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(*std::move(failure));
  return CheckRepository(repository);
}

Result<bool> FakeImageStore::HasBlob(std::string_view repository, const Digest& digest, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  return blobs_.contains(digest);
}

Result<std::string> FakeImageStore::GetBlob(std::string_view repository, const Digest& digest, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return Fail(Code::kNotFound, "no blob " + digest.ToString());
  return found->second;
}

Result<void> FakeImageStore::PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  if (Digest::Of(bytes) != digest) return Fail(Code::kInvalidArgument, "the bytes do not have this digest");
  blobs_[digest] = bytes;
  return {};
}

Result<Manifest> FakeImageStore::GetManifest(std::string_view repository, std::string_view reference, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  const auto& in = repositories_[std::string(repository)];
  const auto tag = in.tags.find(reference);
  if (tag == in.tags.end() && !reference.starts_with("sha256:")) return Fail(Code::kNotFound, "no such tag");
  EDGEWISE_ASSIGN(const auto digest, tag == in.tags.end() ? Digest::Parse(reference) : Result<Digest>(tag->second));
  const auto found = in.manifests.find(digest);
  if (found == in.manifests.end()) return Fail(Code::kNotFound, "no such manifest");
  return found->second;
}

Result<Digest> FakeImageStore::PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes,
                                           std::string_view media_type, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  const auto digest = Digest::Of(bytes);
  const bool by_digest = reference.starts_with("sha256:");
  if (by_digest && reference != digest.ToString()) return Fail(Code::kInvalidArgument, "the manifest does not have this digest");
  if (!by_digest) EDGEWISE_TRY(CheckTag(reference));
  EDGEWISE_ASSIGN(const auto needed, DigestsIn(bytes));
  auto& in = repositories_[std::string(repository)];
  for (const auto& blob : needed) {
    if (!blobs_.contains(blob) && !in.manifests.contains(blob))
      return Fail(Code::kInvalidArgument, "blob " + blob.ToString() + " was not pushed");
  }
  in.manifests[digest] = {std::string(bytes), std::string(media_type), digest};
  if (!by_digest) in.tags[std::string(reference)] = digest;
  return digest;
}

Result<std::vector<std::string>> FakeImageStore::Tags(std::string_view repository, Deadline) {
  const std::lock_guard lock(mutex_);
  EDGEWISE_TRY(Begin(repository));
  const auto found = repositories_.find(repository);
  if (found == repositories_.end() || found->second.manifests.empty()) return Fail(Code::kNotFound, "no such repository");
  std::vector<std::string> tags;
  for (const auto& [tag, digest] : found->second.tags) tags.push_back(tag);
  return tags;
}

}  // namespace edgewise::registry
