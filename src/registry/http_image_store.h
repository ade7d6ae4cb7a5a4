#pragma once

#include <mutex>

#include "net/http.h"
#include "registry/image_store.h"

namespace edgewise::registry {

/// An ImageStore in any OCI registry that is reached by plain HTTP without credentials. Contract: image_store.h; bytes are checked against
/// their digests here. One connection; calls go one after the other.
class HttpImageStore final : public ImageStore {
 public:
  explicit HttpImageStore(net::Address address) : client_(std::move(address)) {}

  Result<bool> HasBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<std::string> GetBlob(std::string_view repository, const Digest& digest, Deadline deadline) override;
  Result<void> PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline deadline) override;
  Result<Manifest> GetManifest(std::string_view repository, std::string_view reference, Deadline deadline) override;
  Result<Digest> PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes, std::string_view media_type,
                             Deadline deadline) override;
  Result<std::vector<std::string>> Tags(std::string_view repository, Deadline deadline) override;

 private:
  Result<net::HttpResponse> Send(net::HttpRequest request, Deadline deadline);

  std::mutex mutex_;
  net::HttpClient client_;
};

}  // namespace edgewise::registry
