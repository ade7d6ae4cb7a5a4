#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::store::detail {

/// A page of "List Blobs".
struct BlobList {
  std::vector<std::string> names;
  std::vector<std::string> folders;  ///< Its BlobPrefix elements, each ending with '/'.
  std::string next_marker;           ///< "" on the last page.
};

/// Errors: kUnavailable (no XML of this kind: a proxy's page, a cut answer).
Result<BlobList> ParseBlobList(std::string_view xml);

}  // namespace edgewise::store::detail
