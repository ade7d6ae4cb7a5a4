#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace edgewise {

/// The folders of the sites in a state folder of `edgewise up`, by name; of a site's own folder, or relay run's queue, that one.
/// Errors: kNotFound (there is none: says how such a folder comes to be), as Files.
Result<std::vector<std::filesystem::path>> SiteFolders(const std::filesystem::path& state);

}  // namespace edgewise
