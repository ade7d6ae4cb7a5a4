#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "net/web_client.h"
#include "store/store.h"

namespace edgewise::store {

/// A Store in a container of Azure Blob Storage, or of what speaks its REST API (Azurite). Contract: store.h.
/// The URL names the container, and its query is a shared access signature (SAS) that allows to create, read and list:
///   https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=...&sig=...
///   http://127.0.0.1:10000/devstoreaccount1/CONTAINER?sv=...&sig=...
/// The signature is a secret: no message holds it.
/// Each Put is one request with the bytes' MD5, which the server checks, and so does Get.
/// Errors beside store.h's: kPermissionDenied (the signature is not accepted, or does not allow it), kFailedPrecondition (no such
/// container, an untrusted certificate), kDeadlineExceeded. kInvalidArgument only for what the object itself is: its name or its size.
/// Cost: List() reads on from the page that holds `after`, where that was read before; 5,000 names are a request.
/// Threads: any number; one at a time is served.
/// Source: learn.microsoft.com/rest/api/storageservices (put-blob, get-blob, list-blobs), version 2021-12-02.
class BlobStore final : public Store {
 public:
  /// Speaks to nobody yet. Errors: kInvalidArgument (what a URL must be).
  static Result<std::unique_ptr<BlobStore>> Open(const std::string& url);

  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override;
  Result<std::string> Get(std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override;
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override;
  /// Where it is, without the secret: "https://account.blob.core.windows.net/container".
  std::string Where() const { return origin_ + path_; }

 private:
  /// Where a further page of a prefix begins: its first name, and the marker that asks for it.
  using Pages = std::map<std::string, std::string, std::less<>>;

  BlobStore(std::string origin, std::string path, std::string signature);
  Result<net::HttpResponse> Send(net::HttpRequest request, std::string_view name, std::string_view query, Deadline deadline);
  Result<std::string> ReadPage(std::string_view prefix, std::string_view marker, std::string_view delimiter, Deadline deadline);
  std::unexpected<Error> Refused(const net::HttpResponse& answer, std::string_view what) const;

  std::string origin_, path_, signature_;
  std::mutex mutex_;  // guards what follows
  net::WebClient client_;
  std::map<std::string, Pages, std::less<>> pages_;  // by prefix
};

}  // namespace edgewise::store
