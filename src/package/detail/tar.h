#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "package/image.h"

namespace edgewise::package::detail {

/// Relative, segments joined by '/', none empty, "." or ".."; no control characters or backslash; at most 240 bytes.
Result<void> CheckPath(std::string_view path);

/// Files as a ustar archive that depends on nothing but them: sorted, folders first, owner 0, time 0, modes 0644 and 0755.
/// Errors: kInvalidArgument (path, path twice, one file is another's folder, over 8 GiB).
Result<std::string> WriteTar(std::vector<File> files);
/// The regular files of a tar archive (ustar, or pax and GNU with long names); folders are left out.
/// Errors: kInvalidArgument: anything that is not a file or folder, path that leaves the archive or is there twice, damaged or cut archive.
Result<std::vector<File>> ReadTar(std::string_view archive);

}  // namespace edgewise::package::detail
