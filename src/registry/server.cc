#include "registry/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/lineage_id.h"
#include "registry/names.h"

namespace edgewise::registry {
namespace {

constexpr std::size_t kLargestManifest = 4 * 1024 * 1024;  // as the distribution specification advises

using net::HttpRequest, net::HttpResponse;

const Deadline kLocal = Deadline::Never();  // the store behind a server is a folder

std::string_view OciCode(const Error& error, std::string_view kind) {
  if (error.code == Code::kInvalidArgument && error.message.find("repository name") != std::string::npos) return "NAME_INVALID";
  if (error.code == Code::kInvalidArgument) return kind == "manifests" ? "MANIFEST_INVALID" : "DIGEST_INVALID";
  if (error.code == Code::kNotFound)
    return kind == "manifests" ? "MANIFEST_UNKNOWN"
           : kind == "tags"    ? "NAME_UNKNOWN"
           : kind == "uploads" ? "BLOB_UPLOAD_UNKNOWN"
                               : "BLOB_UNKNOWN";
  if (error.code == Code::kResourceExhausted) return "SIZE_INVALID";
  return "UNSUPPORTED";
}

HttpResponse ErrorAnswer(const Error& error, std::string_view kind) {
  const nlohmann::json body = {{"errors", {{{"code", OciCode(error, kind)}, {"message", error.message}}}}};
  const int status = error.code == Code::kUnimplemented                            ? 405
                     : error.code == Code::kResourceExhausted && kind == "uploads" ? 413
                                                                                   : net::StatusOf(error.code);
  return HttpResponse::Json(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

HttpResponse Empty(int status, std::vector<net::Header> headers) { return {.status = status, .headers = std::move(headers), .body = {}}; }

}  // namespace

/// "models/delay/blobs/sha256:..." -> repository, kind, reference; an upload's kind is "uploads", its reference the id or "".
Result<Server::Place> Server::Parse(std::string_view rest) {
  for (const std::string_view kind : {"/blobs/uploads/", "/blobs/uploads", "/blobs/", "/manifests/", "/tags/list"}) {
    const auto at = rest.rfind(kind);
    if (at == std::string_view::npos || at == 0) continue;
    Place place{std::string(rest.substr(0, at)), std::string(kind.substr(1, kind.find('/', 1) - 1)),
                std::string(rest.substr(at + kind.size()))};
    if (kind.starts_with("/blobs/uploads")) place.kind = "uploads";
    EDGEWISE_TRY(CheckRepository(place.repository));
    return place;
  }
  return Fail(Code::kNotFound, "registry: paths are /v2/<name>/blobs/<digest>, /manifests/<reference>, /tags/list and /blobs/uploads/");
}

void Server::AddRoutes(net::Router& router) {
  router.Add("GET", "/v2/", [](const HttpRequest&, const auto&, const net::Responder& respond) {
    respond({.status = 200,
             .headers = {{"Docker-Distribution-API-Version", "registry/2.0"}, {"Content-Type", "application/json"}},
             .body = "{}"});
  });
  for (const auto* method : {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"}) {
    router.Add(method, "/v2/{rest...}",
               [this](const HttpRequest& request, const net::Router::Parameters& in, const net::Responder& respond) {
                 respond(Handle(request, in.at("rest")));
               });
  }
}

HttpResponse Server::Handle(const HttpRequest& request, std::string_view rest) {
  const auto place = Parse(rest);
  if (!place) return ErrorAnswer(place.error(), "");
  const auto answer = place->kind == "blobs"       ? Blob(request, *place)
                      : place->kind == "manifests" ? Manifests(request, *place)
                      : place->kind == "uploads"   ? Upload(request, *place)
                                                   : TagList(request, *place);
  return answer ? *answer : ErrorAnswer(answer.error(), place->kind);
}

Result<HttpResponse> Server::Blob(const HttpRequest& request, const Place& place) {
  if (request.method != "GET" && request.method != "HEAD") return Fail(Code::kUnimplemented, "registry: blobs can only be read here");
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(place.reference));
  EDGEWISE_ASSIGN(auto bytes, store_.GetBlob(place.repository, digest, kLocal));
  return HttpResponse{.status = 200,
                      .headers = {{"Content-Type", "application/octet-stream"}, {"Docker-Content-Digest", digest.ToString()}},
                      .body = std::move(bytes)};
}

Result<HttpResponse> Server::Manifests(const HttpRequest& request, const Place& place) {
  if (request.method == "PUT") {
    if (request.body.size() > kLargestManifest)
      return Fail(Code::kInvalidArgument, fmt::format("a manifest of {} bytes; at most {}", request.body.size(), kLargestManifest));
    const std::string type(request.header("Content-Type"));
    EDGEWISE_ASSIGN(const auto digest, store_.PutManifest(place.repository, place.reference, request.body, type, kLocal));
    return Empty(201, {{"Location", fmt::format("/v2/{}/manifests/{}", place.repository, digest.ToString())},
                       {"Docker-Content-Digest", digest.ToString()}});
  }
  if (request.method != "GET" && request.method != "HEAD")
    return Fail(Code::kUnimplemented, "registry: manifests can be read and put here");
  EDGEWISE_ASSIGN(auto manifest, store_.GetManifest(place.repository, place.reference, kLocal));
  return HttpResponse{.status = 200,
                      .headers = {{"Content-Type", manifest.media_type}, {"Docker-Content-Digest", manifest.digest.ToString()}},
                      .body = std::move(manifest.bytes)};
}

HttpResponse Server::Accepted(const Place& place, const std::string& id, std::size_t size) const {
  return Empty(202, {{"Location", fmt::format("/v2/{}/blobs/uploads/{}", place.repository, id)},
                     {"Docker-Upload-UUID", id},
                     {"Range", fmt::format("0-{}", size == 0 ? 0 : size - 1)}});
}

Result<HttpResponse> Server::FinishUpload(const HttpRequest& request, const Place& place, std::string_view bytes) {
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(request.query("digest")));
  EDGEWISE_TRY(store_.PutBlob(place.repository, digest, bytes, kLocal));
  return Empty(201, {{"Location", fmt::format("/v2/{}/blobs/{}", place.repository, digest.ToString())},
                     {"Docker-Content-Digest", digest.ToString()}});
}

/// Under mutex_.
bool Server::Fits(std::size_t more) const {
  std::size_t held = 0;
  for (const auto& [id, upload] : uploads_) held += upload.second.size();
  return held <= most_bytes_ && more <= most_bytes_ - held;
}

Result<HttpResponse> Server::Upload(const HttpRequest& request, const Place& place) {
  if (request.method == "POST") {
    if (!request.query("digest").empty()) return FinishUpload(request, place, request.body);
    const std::lock_guard lock(mutex_);
    if (uploads_.size() >= most_uploads_) {
      uploads_.erase(std::ranges::min_element(uploads_, {}, [](const auto& upload) { return upload.second.first; }));
    }
    const auto id = LineageId::Random().ToString();
    uploads_[id] = {next_upload_++, ""};
    return Accepted(place, id, 0);
  }
  std::unique_lock lock(mutex_);
  const auto found = uploads_.find(place.reference);
  if (found == uploads_.end()) return Fail(Code::kNotFound, "registry: no such upload; begin it again with POST");
  auto& bytes = found->second.second;
  if (request.method == "GET") {
    auto answer = Accepted(place, place.reference, bytes.size());
    answer.status = 204;
    return answer;
  }
  if (request.method != "PATCH" && request.method != "PUT") return Fail(Code::kUnimplemented, "registry: not offered for uploads");
  if (const auto range = request.header("Content-Range"); !range.empty()) {
    std::size_t first = 0;
    std::from_chars(range.data(), range.data() + range.size(), first);
    if (first != bytes.size()) {  // out of order: the specification wants 416
      auto answer = Accepted(place, place.reference, bytes.size());
      answer.status = 416;
      return answer;
    }
  }
  if (!Fits(request.body.size())) {
    uploads_.erase(found);
    return Fail(Code::kResourceExhausted,
                fmt::format("registry: uploads in progress hold {} bytes at most; this one is ended", most_bytes_));
  }
  bytes += request.body;
  if (request.method == "PATCH") return Accepted(place, place.reference, bytes.size());
  auto whole = std::move(bytes);
  uploads_.erase(found);
  lock.unlock();
  return FinishUpload(request, place, whole);
}

Result<HttpResponse> Server::TagList(const HttpRequest& request, const Place& place) {
  EDGEWISE_ASSIGN(auto tags, store_.Tags(place.repository, kLocal));
  const auto last = request.query("last");
  std::erase_if(tags, [&](const auto& tag) { return tag <= last; });
  std::size_t limit = tags.size();
  const auto n = request.query("n");
  std::from_chars(n.data(), n.data() + n.size(), limit);
  auto answer = HttpResponse::Json(200, "");
  if (limit < tags.size()) {
    tags.resize(limit);
    if (limit > 0)
      answer.headers.push_back(
          {"Link", fmt::format(R"(</v2/{}/tags/list?n={}&last={}>; rel="next")", place.repository, limit, tags.back())});
  }
  answer.body = nlohmann::json{{"name", place.repository}, {"tags", tags}}.dump();
  return answer;
}

}  // namespace edgewise::registry
