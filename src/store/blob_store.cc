#include "store/blob_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "store/detail/blob_list.h"
#include "store/detail/md5.h"

namespace edgewise::store {
namespace {

constexpr std::size_t kMostPages = 10000;  // remembered; a page has 5,000 names

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

/// What the relay should do: only what is wrong with the object itself is kInvalidArgument, all else passes or is for a person to mend.
Code CodeOf(int status, std::string_view reason) {
  if (status == 409 && reason == "BlobAlreadyExists") return Code::kAlreadyExists;
  if (status == 412) return Code::kAlreadyExists;  // what RFC 9110 has for If-None-Match, and some servers give
  if (status == 404 && reason != "ContainerNotFound" && reason != "ResourceNotFound") return Code::kNotFound;
  if (status == 404) return Code::kFailedPrecondition;
  if (status == 401 || status == 403) return Code::kPermissionDenied;
  if (status == 413) return Code::kInvalidArgument;
  if (status == 408 || status == 429 || status >= 500 || reason == "Md5Mismatch") return Code::kUnavailable;
  return status < 500 && status >= 400 ? Code::kFailedPrecondition : Code::kUnavailable;
}

std::string_view Fix(int status, Code code) {
  if (code == Code::kPermissionDenied) return "; give it a signature (SAS) that is in force and allows to read, create and list";
  if (code == Code::kFailedPrecondition && status == 404) return "; create the container, or correct the URL";
  return "";
}

/// A word such as "ServerBusy", and nothing else that a server, or what stands between, may have put there: it is shown and kept.
std::string_view ReasonOf(const net::HttpResponse& answer) {
  const auto reason = answer.header("x-ms-error-code");
  const bool word = reason.size() <= 64 && std::ranges::all_of(reason, [](unsigned char c) { return std::isalnum(c) != 0 && c < 0x80; });
  return word ? reason : "";
}

}  // namespace

BlobStore::BlobStore(std::string origin, std::string path, std::string signature)
    : origin_(std::move(origin)), path_(std::move(path)), signature_(std::move(signature)), client_(origin_) {}

Result<std::unique_ptr<BlobStore>> BlobStore::Open(const std::string& url) {
  const auto query = url.find('?');
  const auto shown = url.substr(0, query);
  const auto scheme = shown.find("://");
  const auto slash = scheme == std::string::npos ? scheme : shown.find('/', scheme + 3);
  auto path = slash == std::string::npos ? "" : shown.substr(slash);
  while (path.ends_with('/')) path.pop_back();
  const bool has_host = slash != std::string::npos && slash > scheme + 3 && shown.find_first_of("@\\ ") == std::string::npos;
  if ((!shown.starts_with("https://") && !shown.starts_with("http://")) || !has_host || path.empty() || url.contains('#')) {
    return Fail(Code::kInvalidArgument, fmt::format("store{}: must be https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS",
                                                    shown.contains('@') ? "" : " \"" + shown + "\""));
  }
  return std::unique_ptr<BlobStore>(
      new BlobStore(shown.substr(0, slash), std::move(path), query == std::string::npos ? "" : url.substr(query + 1)));
}

/// `query` is without the signature; `name` is "" for the container itself.
Result<net::HttpResponse> BlobStore::Send(net::HttpRequest request, std::string_view name, std::string_view query, Deadline deadline) {
  request.target = path_;
  if (!name.empty()) request.target.append("/").append(name);
  const auto* separator = "?";
  for (const auto& part : {query, std::string_view(signature_)}) {
    if (part.empty()) continue;
    request.target.append(separator).append(part);
    separator = "&";
  }
  request.headers.push_back({"x-ms-version", "2021-12-02"});
  return client_.Send(request, deadline);
}

std::unexpected<Error> BlobStore::Refused(const net::HttpResponse& answer, std::string_view what) const {
  const auto reason = ReasonOf(answer);
  const auto code = CodeOf(answer.status, reason);
  return Fail(code, fmt::format("store {}: {}: {}{}{}{}", Where(), what, answer.status, reason.empty() ? "" : " ", reason,
                                Fix(answer.status, code)));
}

Result<void> BlobStore::Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) {
  EDGEWISE_TRY(CheckName(name));
  const std::scoped_lock lock(mutex_);
  EDGEWISE_ASSIGN(const auto answer, Send({.method = "PUT",
                                           .target = {},
                                           .headers = {{"x-ms-blob-type", "BlockBlob"},
                                                       {"If-None-Match", "*"},
                                                       {"Content-Type", "application/octet-stream"},
                                                       {"Content-MD5", detail::Md5(bytes.value())}},
                                           .body = bytes.value()},
                                          name, "", deadline));
  if (answer.status == 201) return {};
  return Refused(answer, name);
}

Result<std::string> BlobStore::Get(std::string_view name, Deadline deadline) {
  EDGEWISE_TRY(CheckName(name));
  const std::scoped_lock lock(mutex_);
  EDGEWISE_ASSIGN(auto answer, Send({.method = "GET", .target = {}, .headers = {}, .body = {}}, name, "", deadline));
  if (answer.status != 200) return Refused(answer, name);
  const auto digest = answer.header("Content-MD5");
  if (digest.empty() || digest == detail::Md5(answer.body)) return std::move(answer.body);
  return Fail(Code::kDataLoss, fmt::format("store {}: {}: its bytes are not those of its MD5", Where(), name));
}

Result<std::string> BlobStore::ReadPage(std::string_view prefix, std::string_view marker, std::string_view delimiter, Deadline deadline) {
  std::string query = "restype=container&comp=list";
  for (const auto& [key, value] : {std::pair{"prefix", prefix}, {"marker", marker}, {"delimiter", delimiter}}) {
    if (!value.empty()) query += fmt::format("&{}={}", key, PercentEncode(value));
  }
  EDGEWISE_ASSIGN(auto answer, Send({.method = "GET", .target = {}, .headers = {}, .body = {}}, "", query, deadline));
  if (answer.status != 200) return Refused(answer, "list");
  return std::move(answer.body);
}

Result<std::vector<std::string>> BlobStore::List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) {
  const std::scoped_lock lock(mutex_);
  if (pages_.size() > kMostPages) pages_.clear();
  auto& pages = pages_[std::string(prefix)];
  if (pages.size() > kMostPages) pages.clear();
  // Nothing is ever removed, and a new name may come anywhere: what begins at or before `after` misses none behind it.
  const auto behind = pages.upper_bound(after);
  auto marker = behind == pages.begin() ? std::string() : std::prev(behind)->second;
  std::vector<std::string> names;
  do {
    EDGEWISE_ASSIGN(const auto text, ReadPage(prefix, marker, "", deadline));
    EDGEWISE_ASSIGN(auto page, detail::ParseBlobList(text));
    if (!page.names.empty() && !marker.empty()) pages.insert_or_assign(page.names.front(), marker);
    std::erase_if(page.names, [&](const std::string& name) { return name <= after || !name.starts_with(prefix) || !CheckName(name); });
    std::ranges::move(page.names, std::back_inserter(names));
    marker = std::move(page.next_marker);
  } while (!marker.empty() && names.size() < limit);
  std::ranges::sort(names);
  if (names.size() > limit) names.resize(limit);
  return names;
}

Result<std::vector<std::string>> BlobStore::Folders(std::string_view folder, Deadline deadline) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> folders;
  std::string marker;
  do {
    EDGEWISE_ASSIGN(const auto text, ReadPage(folder, marker, "/", deadline));
    EDGEWISE_ASSIGN(auto page, detail::ParseBlobList(text));
    std::ranges::move(page.folders, std::back_inserter(folders));
    marker = std::move(page.next_marker);
  } while (!marker.empty());
  std::ranges::sort(folders);
  const auto again = std::ranges::unique(folders);  // a page may end within a folder
  folders.erase(again.begin(), again.end());
  return folders;
}

}  // namespace edgewise::store
