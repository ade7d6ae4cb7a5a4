#include "registry/http_image_store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "package/image.h"
#include "registry/names.h"

namespace edgewise::registry {
namespace {

using nlohmann::json;

/// {"errors":[{"message":"..."}]}; "" when it is anything else: a proxy in between may answer what it likes.
std::string FirstMessage(const json& body) {
  if (!body.is_object() || !body.contains("errors")) return "";
  const auto& errors = body["errors"];
  if (!errors.is_array() || errors.empty() || !errors[0].is_object() || !errors[0].contains("message")) return "";
  const auto& message = errors[0]["message"];
  return message.is_string() ? message.get<std::string>() : "";
}

/// The registry's own words, when it has some.
std::unexpected<Error> Refusal(const net::HttpResponse& answer) {
  const auto body = ParseJson<json>(answer.body);
  std::string message = fmt::format("the registry answered {}", answer.status);
  if (const auto said = FirstMessage(body); !said.empty()) message += ": " + said;
  return Fail(net::CodeOf(answer.status), std::move(message));
}

/// Where an upload goes on: the path of a Location, which may name a host before it. The same registry is asked: its blobs are checked.
Result<std::string> UploadPath(std::string_view location) {
  const auto host = location.find("://");
  const auto path = host == std::string_view::npos ? 0 : location.find('/', host + 3);
  if (path >= location.size() || location[path] != '/') {
    return Fail(Code::kUnavailable,
                fmt::format("the registry began an upload at \"{}\", which names no path; is that a registry, or a proxy?",
                            location.substr(0, 200)));
  }
  return std::string(location.substr(path));
}

net::HttpRequest Request(std::string method, std::string target) {
  return {.method = std::move(method), .target = std::move(target), .headers = {}, .body = {}};
}

}  // namespace

Result<net::HttpResponse> HttpImageStore::Send(net::HttpRequest request, Deadline deadline) {
  const std::lock_guard lock(mutex_);
  return client_.Send(request, deadline);
}

Result<bool> HttpImageStore::HasBlob(std::string_view repository, const Digest& digest, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  EDGEWISE_ASSIGN(const auto answer, Send(Request("HEAD", fmt::format("/v2/{}/blobs/{}", repository, digest.ToString())), deadline));
  if (answer.status == 200) return true;
  return answer.status == 404 ? Result<bool>(false) : Refusal(answer);
}

Result<std::string> HttpImageStore::GetBlob(std::string_view repository, const Digest& digest, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  EDGEWISE_ASSIGN(auto answer, Send(Request("GET", fmt::format("/v2/{}/blobs/{}", repository, digest.ToString())), deadline));
  if (answer.status != 200) return Refusal(answer);
  if (Digest::Of(answer.body) != digest)
    return Fail(Code::kDataLoss, fmt::format("blob {} came damaged from the registry", digest.ToString()));
  return std::move(answer.body);
}

Result<void> HttpImageStore::PutBlob(std::string_view repository, const Digest& digest, std::string_view bytes, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  EDGEWISE_ASSIGN(const auto begun, Send(Request("POST", fmt::format("/v2/{}/blobs/uploads/", repository)), deadline));
  if (begun.status != 202) return Refusal(begun);
  EDGEWISE_ASSIGN(const auto location, UploadPath(begun.header("Location")));
  auto put = Request("PUT", fmt::format("{}{}digest={}", location, location.find('?') == std::string::npos ? '?' : '&', digest.ToString()));
  put.headers.push_back({"Content-Type", "application/octet-stream"});
  put.body = bytes;
  EDGEWISE_ASSIGN(const auto answer, Send(std::move(put), deadline));
  return answer.status == 201 ? Result<void>() : Refusal(answer);
}

Result<Manifest> HttpImageStore::GetManifest(std::string_view repository, std::string_view reference, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  if (!reference.starts_with("sha256:")) EDGEWISE_TRY(CheckTag(reference));
  auto request = Request("GET", fmt::format("/v2/{}/manifests/{}", repository, reference));
  request.headers.push_back({"Accept", std::string(package::kManifestMediaType)});
  EDGEWISE_ASSIGN(auto answer, Send(std::move(request), deadline));
  if (answer.status != 200) return Refusal(answer);
  const auto digest = Digest::Of(answer.body);
  if (reference.starts_with("sha256:") && digest.ToString() != reference)
    return Fail(Code::kDataLoss, "the registry answered another manifest");
  return Manifest{std::move(answer.body), std::string(answer.header("Content-Type")), digest};
}

Result<Digest> HttpImageStore::PutManifest(std::string_view repository, std::string_view reference, std::string_view bytes,
                                           std::string_view media_type, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  auto request = Request("PUT", fmt::format("/v2/{}/manifests/{}", repository, reference));
  request.headers.push_back({"Content-Type", std::string(media_type)});
  request.body = bytes;
  EDGEWISE_ASSIGN(const auto answer, Send(std::move(request), deadline));
  return answer.status == 201 ? Result<Digest>(Digest::Of(bytes)) : Refusal(answer);
}

Result<std::vector<std::string>> HttpImageStore::Tags(std::string_view repository, Deadline deadline) {
  EDGEWISE_TRY(CheckRepository(repository));
  EDGEWISE_ASSIGN(const auto answer, Send(Request("GET", fmt::format("/v2/{}/tags/list", repository)), deadline));
  if (answer.status != 200) return Refusal(answer);
  const auto body = ParseJson<json>(answer.body);
  std::vector<std::string> tags;
  if (body.is_object() && body.contains("tags") && body["tags"].is_array()) {
    for (const auto& tag : body["tags"]) tags.push_back(tag.is_string() ? tag.get<std::string>() : std::string());
  }
  return tags;
}

}  // namespace edgewise::registry
