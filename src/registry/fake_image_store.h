#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "registry/image_store.h"

namespace edgewise::registry {

/// An ImageStore in memory for tests; FailNext() makes the next call fail without effect.
class FakeImageStore final : public ImageStore {
 public:
  void FailNext(Error error);

  Result<bool> HasBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<std::string> GetBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<void> PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline deadline) override;
  Result<Manifest> GetManifest(std::string_view repository, std::string_view reference, Deadline deadline) override;
  Result<Digest> PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes, std::string_view media_type,
                             Deadline deadline) override;
  Result<std::vector<std::string>> Tags(std::string_view repository, Deadline deadline) override;

 private:
  struct Repository {
    std::map<Digest, Manifest> manifests;
    std::map<std::string, Digest, std::less<>> tags;
  };
  Result<void> Begin(std::string_view repository);

  std::mutex mutex_;
  std::map<Digest, std::string> blobs_;
  std::map<std::string, Repository, std::less<>> repositories_;
  std::optional<Error> failure_;
};

}  // namespace edgewise::registry
