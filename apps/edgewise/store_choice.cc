#include "store_choice.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "net/http.h"
#include "store/blob_store.h"
#include "store/directory_store.h"

namespace edgewise {
namespace {

/// As portals and scripts give it: with the question mark before it, or an end of line behind it.
std::string SignatureOfEnvironment() {
  const auto* set = std::getenv(kStoreSignature);
  std::string signature = set == nullptr ? "" : set;
  while (!signature.empty() && std::isspace(static_cast<unsigned char>(signature.back())) != 0) signature.pop_back();
  return signature.starts_with('?') ? signature.substr(1) : signature;
}

}  // namespace

std::optional<ProcessingTime> SignatureEnds() {
  const net::HttpRequest query{.method = {}, .target = "/?" + SignatureOfEnvironment(), .headers = {}, .body = {}};
  const auto end = ParseTime(query.query("se"));
  return end ? std::optional(ProcessingTime{end->ms}) : std::nullopt;
}

bool IsUrl(const std::string& store) { return store.contains("://") && !store.starts_with("file://"); }

std::string FolderOf(const std::string& store) { return store.starts_with("file://") ? store.substr(7) : store; }

Result<std::unique_ptr<store::Store>> OpenStore(const std::string& name) {
  if (IsUrl(name)) {
    if (!name.starts_with("https://") && !name.starts_with("http://")) {
      return Fail(Code::kUnimplemented,
                  fmt::format("\"{}\": this kind of store is not offered; name {}", name.substr(0, name.find('?')), kStoreText));
    }
    const auto signature = name.contains('?') ? "" : SignatureOfEnvironment();
    EDGEWISE_ASSIGN(auto blobs, store::BlobStore::Open(signature.empty() ? name : name + "?" + signature));
    return std::unique_ptr<store::Store>(std::move(blobs));
  }
  const auto shown = name.substr(0, name.find('?'));
  const bool scheme = shown.find(':') < shown.find('/') && !shown.starts_with("file:///");
  if (shown.empty() || scheme || name.contains('?')) {
    return Fail(Code::kInvalidArgument, fmt::format("store \"{}\" is neither a folder nor a URL; name {}", shown, kStoreText));
  }
  const std::filesystem::path folder = FolderOf(name);
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_directory(folder, ignored))
    return Fail(Code::kInvalidArgument, fmt::format("store {} is a file; name {}", folder.string(), kStoreText));
  return std::unique_ptr<store::Store>(std::make_unique<store::DirectoryStore>(SystemFiles(), folder));
}

}  // namespace edgewise
