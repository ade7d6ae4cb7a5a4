#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "net/http.h"

namespace edgewise::store {

/// As much of Azure Blob Storage's REST API as BlobStore speaks, in memory, on a free port of loopback: for tests. It checks the version,
/// the signature (by comparing), the kind of blob, MD5 and If-None-Match, and lists in pages of three names.
class FakeBlobServer {
 public:
  FakeBlobServer();
  const std::string& address() const { return server_->addresses().front(); }  ///< "127.0.0.1:PORT"
  /// Of the container, with a signature that is accepted; `at` is where it is reached, if not at its own address.
  std::string Url(const std::string& at) const;
  std::string Url() const { return Url(address()); }
  std::size_t size() const;
  std::size_t requests() const;

 private:
  net::HttpResponse Answer(const net::HttpRequest& request);
  net::HttpResponse Put(const std::string& name, const net::HttpRequest& request);
  net::HttpResponse List(const net::HttpRequest& request) const;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::string> blobs_;
  std::size_t requests_ = 0;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace edgewise::store
