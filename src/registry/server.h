#pragma once

#include <map>
#include <mutex>
#include <string>

#include "net/http.h"
#include "registry/image_store.h"

namespace edgewise::registry {

/// The OCI distribution API (spec 1.1) over an ImageStore: pull, push (monolithic and chunked), tags. Deleting, mounting across
/// repositories (all blobs are shared anyway) and referrers are not offered. Errors in the specification's form. Uploads in progress are
/// kept in memory, at most `most_uploads` of them; the oldest makes way. Together they hold `most_bytes`; the one that would pass it ends
/// with 413. Threads: any number.
class Server {
 public:
  explicit Server(ImageStore& store, std::size_t most_uploads = 16, std::size_t most_bytes = 256u << 20)
      : store_(store), most_uploads_(most_uploads), most_bytes_(most_bytes) {}
  void AddRoutes(net::Router& router);

 private:
  struct Place {  // what a path names
    std::string repository, kind, reference;
  };
  static Result<Place> Parse(std::string_view rest);
  net::HttpResponse Handle(const net::HttpRequest& request, std::string_view rest);
  Result<net::HttpResponse> Blob(const net::HttpRequest& request, const Place& place);
  Result<net::HttpResponse> Manifests(const net::HttpRequest& request, const Place& place);
  Result<net::HttpResponse> Upload(const net::HttpRequest& request, const Place& place);
  Result<net::HttpResponse> FinishUpload(const net::HttpRequest& request, const Place& place, std::string_view bytes);
  Result<net::HttpResponse> TagList(const net::HttpRequest& request, const Place& place);
  bool Fits(std::size_t more) const;
  net::HttpResponse Accepted(const Place& place, const std::string& id, std::size_t size) const;

  ImageStore& store_;
  std::size_t most_uploads_;
  std::size_t most_bytes_;
  std::mutex mutex_;
  std::map<std::string, std::pair<std::uint64_t, std::string>> uploads_;  // id -> age, bytes so far
  std::uint64_t next_upload_ = 0;
};

}  // namespace edgewise::registry
