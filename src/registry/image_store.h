#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/digest.h"
#include "base/result.h"

namespace edgewise::registry {

struct Manifest {
  std::string bytes;  ///< As pushed, unchanged.
  std::string media_type;
  Digest digest;
};

/// Where images live: content-addressed blobs, and manifests by repository and tag or digest (OCI distribution spec 1.1).
/// Repository names `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/...)*`, tags `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
/// Durability: a Put that answered has reached the disk (or the remote's 201).
/// Errors: kInvalidArgument (name, digest that does not fit the bytes, manifest that names a missing blob), kNotFound, kUnavailable,
///   kDataLoss (stored bytes no longer fit their digest; they are not handed out), kResourceExhausted. Threads: any number.
class ImageStore {
 public:
  virtual ~ImageStore() = default;
  virtual Result<bool> HasBlob(std::string_view repository, const Digest& digest, Deadline deadline) = 0;
  virtual Result<std::string> GetBlob(std::string_view repository, const Digest& digest, Deadline deadline) = 0;
  virtual Result<void> PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline deadline) = 0;
  /// `reference` is a tag or "sha256:...".
  virtual Result<Manifest> GetManifest(std::string_view repository, std::string_view reference, Deadline deadline) = 0;
  virtual Result<Digest> PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes,
                                     std::string_view media_type, Deadline deadline) = 0;
  virtual Result<std::vector<std::string>> Tags(std::string_view repository, Deadline deadline) = 0;  ///< Sorted.
};

}  // namespace edgewise::registry
