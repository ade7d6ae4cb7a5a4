#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "net/http.h"
#include "queue/sqlite_queue.h"

namespace edgewise::site {

/// What a site that runs does with its queue for an operator's command (docs/formats/site.md): the file has one writer, so who finds it
/// locked asks here. The answers hold events, so the socket is the site's own user's alone. Borrows the queue.
/// Answers nullptr, and logs why, if there can be no such socket (a path that is too long): the site works without it.
std::unique_ptr<net::HttpServer> ServeQueue(const std::string& site, const std::filesystem::path& socket, queue::SqliteQueue& queue);

}  // namespace edgewise::site
