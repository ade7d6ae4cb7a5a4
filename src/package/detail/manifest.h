#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace edgewise::package::detail {

inline constexpr std::string_view kConfigMediaType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::size_t kLargestDocument = 4u << 20;  ///< Of a manifest, index or config, as the distribution spec advises.

/// What a manifest says about a blob, or an index about a manifest.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string tag;  ///< Annotation org.opencontainers.image.ref.name, in an index.
};

/// An image manifest (OCI image-spec 1.1, or Docker's schema 2, which has the same shape).
struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
};

using Annotations = std::vector<std::pair<std::string, std::string>>;

/// The documents of an image, keys sorted, no spaces. Errors: kInvalidArgument (annotation that is not UTF-8).
Result<std::string> ManifestJson(const Manifest& manifest, const Annotations& annotations);
std::string ConfigJson(const Digest& unpacked_layer);
std::string IndexJson(const Descriptor& manifest);

/// Errors: kInvalidArgument (not JSON, not that document, over 4 MiB).
Result<Manifest> ParseManifest(std::string_view json);
Result<std::vector<Descriptor>> ParseIndex(std::string_view json);
/// Digests of the unpacked layers; empty if the config does not say (an artifact's config).
Result<std::vector<Digest>> ParseDiffIds(std::string_view json);

}  // namespace edgewise::package::detail
