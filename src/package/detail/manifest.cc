#include "package/detail/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "package/image.h"

namespace edgewise::package::detail {
namespace {

using nlohmann::json;

constexpr auto kTagAnnotation = "org.opencontainers.image.ref.name";
constexpr std::string_view kIndexMediaType = "application/vnd.oci.image.index.v1+json";

json ToJson(const Descriptor& descriptor) {
  return {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.ToString()}, {"size", descriptor.size}};
}

std::unexpected<Error> Wrong(std::string_view document, std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("{} of the image: {}; build and push the image again", document, what));
}

/// A text member, or "" if it is missing or no text.
std::string TextOf(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Result<json> ParseObject(std::string_view text, std::string_view document) {
  if (text.size() > kLargestDocument) return Wrong(document, fmt::format("over {} bytes", kLargestDocument));
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Wrong(document, "not a JSON object");
  return parsed;
}

Result<Descriptor> ParseDescriptor(const json& object, std::string_view document) {
  if (!object.is_object()) return Wrong(document, "a descriptor is not an object");
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(TextOf(object, "digest")));
  const auto size = object.find("size");
  if (size == object.end() || !size->is_number_unsigned()) return Wrong(document, "a descriptor has no size");
  Descriptor descriptor{TextOf(object, "mediaType"), digest, size->get<std::uint64_t>(), ""};
  const auto annotations = object.find("annotations");
  if (annotations != object.end() && annotations->is_object()) descriptor.tag = TextOf(*annotations, kTagAnnotation);
  return descriptor;
}

Result<std::vector<Descriptor>> ParseDescriptors(const json& object, const char* key, std::string_view document) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array()) return Wrong(document, fmt::format("\"{}\" is missing", key));
  std::vector<Descriptor> descriptors;
  for (const auto& item : *list) {
    EDGEWISE_ASSIGN(auto descriptor, ParseDescriptor(item, document));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

}  // namespace

Result<std::string> ManifestJson(const Manifest& manifest, const Annotations& annotations) {
  json document = {{"schemaVersion", 2}, {"mediaType", kManifestMediaType}, {"config", ToJson(manifest.config)}};
  for (const auto& layer : manifest.layers) document["layers"].push_back(ToJson(layer));
  for (const auto& [key, value] : annotations) document["annotations"][key] = value;
  try {
    return document.dump();
  } catch (const json::exception&) {
    return Fail(Code::kInvalidArgument, "an annotation of the image is not UTF-8");
  }
}

std::string ConfigJson(const Digest& unpacked_layer) {
  // A layer of data fits any machine, but the spec asks for one and runtimes compare it with theirs.
  const json document = {{"architecture", "amd64"},
                         {"os", "linux"},
                         {"config", json::object()},
                         {"rootfs", {{"type", "layers"}, {"diff_ids", {unpacked_layer.ToString()}}}}};
  return document.dump();
}

std::string IndexJson(const Descriptor& manifest) {
  auto entry = ToJson(manifest);
  entry["annotations"] = {{kTagAnnotation, manifest.tag}};
  const json document = {{"schemaVersion", 2}, {"mediaType", kIndexMediaType}, {"manifests", {entry}}};
  return document.dump();
}

Result<Manifest> ParseManifest(std::string_view text) {
  EDGEWISE_ASSIGN(const auto document, ParseObject(text, "manifest"));
  if (document.contains("manifests")) return Wrong("manifest", "it is an index of several images; name one of them by digest");
  const auto config = document.find("config");
  if (config == document.end()) return Wrong("manifest", "\"config\" is missing");
  Manifest manifest;
  EDGEWISE_ASSIGN(manifest.config, ParseDescriptor(*config, "manifest"));
  EDGEWISE_ASSIGN(manifest.layers, ParseDescriptors(document, "layers", "manifest"));
  return manifest;
}

Result<std::vector<Descriptor>> ParseIndex(std::string_view text) {
  EDGEWISE_ASSIGN(const auto document, ParseObject(text, "index.json"));
  return ParseDescriptors(document, "manifests", "index.json");
}

Result<std::vector<Digest>> ParseDiffIds(std::string_view text) {
  EDGEWISE_ASSIGN(const auto document, ParseObject(text, "config"));
  std::vector<Digest> digests;
  const auto file_system = document.find("rootfs");
  if (file_system == document.end() || !file_system->is_object()) return digests;
  const auto list = file_system->find("diff_ids");
  if (list == file_system->end() || !list->is_array()) return digests;
  for (const auto& item : *list) {
    if (!item.is_string()) return Wrong("config", "a diff_id is no text");
    EDGEWISE_ASSIGN(const auto digest, Digest::Parse(item.get<std::string>()));
    digests.push_back(digest);
  }
  return digests;
}

}  // namespace edgewise::package::detail
