#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace edgewise {

/// The site's secret for pseudonyms: made once, kept beside its data, readable by its owner alone. Errors: as Files.
Result<std::string> SiteKey(const std::filesystem::path& file);

}  // namespace edgewise
