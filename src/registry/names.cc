#include "registry/names.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "base/json.h"

namespace edgewise::registry {
namespace {

using nlohmann::json;

Result<void> AddDigest(const json& descriptor, std::vector<Digest>& digests) {
  const auto found = descriptor.is_object() ? descriptor.find("digest") : descriptor.end();
  if (!descriptor.is_object() || found == descriptor.end() || !found->is_string()) {
    return Fail(Code::kInvalidArgument, "manifest: a descriptor without \"digest\"");
  }
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(found->get_ref<const std::string&>()));
  digests.push_back(digest);
  return {};
}

}  // namespace

Result<void> CheckRepository(std::string_view name) {
  static const std::regex kName(R"([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)");
  if (name.size() <= 255 && std::regex_match(name.begin(), name.end(), kName)) return {};
  return Fail(Code::kInvalidArgument,
              fmt::format("\"{}\" is no repository name; use lower-case parts such as models/delay", name.substr(0, 80)));
}

Result<void> CheckTag(std::string_view tag) {
  static const std::regex kTag("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");
  if (tag.size() <= 128 && std::regex_match(tag.begin(), tag.end(), kTag)) return {};
  return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is no tag; use 1 to 128 of A-Z a-z 0-9 . _ -", tag.substr(0, 80)));
}

Result<std::vector<Digest>> DigestsIn(std::string_view manifest) {
  const auto document = ParseJson<json>(manifest);
  if (!document.is_object()) return Fail(Code::kInvalidArgument, "manifest: not a JSON object");
  std::vector<Digest> digests;
  if (document.contains("config")) EDGEWISE_TRY(AddDigest(document["config"], digests));
  for (const auto* list : {"layers", "manifests"}) {
    const auto found = document.find(list);
    if (found == document.end()) continue;
    if (!found->is_array()) return Fail(Code::kInvalidArgument, fmt::format("manifest: \"{}\" must be a list", list));
    for (const auto& descriptor : *found) EDGEWISE_TRY(AddDigest(descriptor, digests));
  }
  return digests;
}

}  // namespace edgewise::registry
