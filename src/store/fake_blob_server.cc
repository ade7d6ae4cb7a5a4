#include "store/fake_blob_server.h"

#include <fmt/format.h>

#include <set>

#include "store/detail/md5.h"

namespace edgewise::store {
namespace {

constexpr std::string_view kContainer = "/account/container";
constexpr std::string_view kSignature = "c2VjcmV0";
constexpr std::size_t kNamesOfAPage = 3;

net::HttpResponse Error(int status, std::string reason) {
  return {.status = status,
          .headers = {{"x-ms-error-code", reason}},
          .body = fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code></Error>", reason)};
}

}  // namespace

FakeBlobServer::FakeBlobServer()
    : server_(net::HttpServer::Start({{"127.0.0.1:0"}},
                                     [this](const net::HttpRequest& request, const net::Responder& respond) { respond(Answer(request)); },
                                     {})
                  .value()) {}

std::string FakeBlobServer::Url(const std::string& at) const {
  return fmt::format("http://{}{}?sp=rcl&sig={}", at, kContainer, kSignature);
}

std::size_t FakeBlobServer::size() const {
  const std::scoped_lock lock(mutex_);
  return blobs_.size();
}

std::size_t FakeBlobServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

net::HttpResponse FakeBlobServer::Answer(const net::HttpRequest& request) {
  const std::scoped_lock lock(mutex_);
  ++requests_;
  if (request.header("x-ms-version").empty()) return Error(400, "MissingRequiredHeader");
  if (request.query("sig") != kSignature) return Error(403, "AuthenticationFailed");
  const auto path = request.path();
  if (!path.starts_with(kContainer)) return Error(404, "ContainerNotFound");
  if (path == kContainer) return request.query("comp") == "list" ? List(request) : Error(400, "InvalidQueryParameterValue");
  const std::string name(path.substr(kContainer.size() + 1));
  if (request.method == "PUT") return Put(name, request);
  const auto blob = blobs_.find(name);
  if (blob == blobs_.end()) return Error(404, "BlobNotFound");
  return {.status = 200, .headers = {{"Content-MD5", detail::Md5(blob->second)}}, .body = blob->second};
}

net::HttpResponse FakeBlobServer::Put(const std::string& name, const net::HttpRequest& request) {
  if (request.header("x-ms-blob-type") != "BlockBlob") return Error(400, "MissingRequiredHeader");
  if (request.header("Content-MD5") != detail::Md5(request.body)) return Error(400, "Md5Mismatch");
  if (request.header("If-None-Match") == "*" && blobs_.contains(name)) return Error(409, "BlobAlreadyExists");
  blobs_.insert_or_assign(name, request.body);
  return {.status = 201, .headers = {}, .body = {}};
}

net::HttpResponse FakeBlobServer::List(const net::HttpRequest& request) const {
  const auto prefix = request.query("prefix"), delimiter = request.query("delimiter"), marker = request.query("marker");
  std::set<std::string> found;  // elements, by their order
  std::string next;
  for (auto blob = blobs_.lower_bound(std::max(prefix, marker)); blob != blobs_.end() && blob->first.starts_with(prefix); ++blob) {
    if (found.size() == kNamesOfAPage) {
      next = blob->first;
      break;
    }
    const auto end = delimiter.empty() ? std::string::npos : blob->first.find(delimiter, prefix.size());
    const auto name = end == std::string::npos ? blob->first : blob->first.substr(0, end + 1);
    found.insert(fmt::format("<{0}><Name>{1}</Name></{0}>", end == std::string::npos ? "Blob" : "BlobPrefix", name));
  }
  std::string blobs;
  for (const auto& element : found) blobs += element;
  return {.status = 200,
          .headers = {},
          .body = fmt::format("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"container\">"
                              "<Blobs>{}</Blobs><NextMarker>{}</NextMarker></EnumerationResults>",
                              blobs, next)};
}

}  // namespace edgewise::store
