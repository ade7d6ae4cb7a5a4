#pragma once

#include <filesystem>

#include "base/files.h"
#include "net/http.h"

namespace edgewise::hub {

/// Serves the built pages (tools/build-web) from a folder at "/" and "/{name}"; read at each request, they are small.
/// Add them after all other routes: they answer any path of one segment. Without the folder, "/" says how to build it.
void AddPages(net::Router& router, Files& files, std::filesystem::path folder);

}  // namespace edgewise::hub
