#pragma once

#include "package/image.h"
#include "registry/image_store.h"

namespace edgewise::registry {

/// Pushes blobs that are not there yet, then the manifest under `tag`. A push that was cut off is begun again and leaves nothing
/// half-visible.
Result<void> PushImage(ImageStore& store, std::string_view repository, const package::Image& image, std::string_view tag,
                       Deadline deadline);
/// Pulls an image by tag or digest; every digest is checked. Errors: as ImageStore, kDataLoss (bytes do not fit their digest).
Result<package::Image> PullImage(ImageStore& store, std::string_view repository, std::string_view reference, Deadline deadline);

}  // namespace edgewise::registry
