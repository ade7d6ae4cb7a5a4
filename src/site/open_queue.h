#pragma once

#include <memory>

#include "queue/sqlite_queue.h"
#include "site/site.h"

namespace edgewise::site {

/// A site's queue, in its folder. One that was lost or set back refuses to append (relay/set_back.h), and the log says what to do: the site
/// scores on, and takes nothing that needs it. Errors: as SqliteQueue::Open.
Result<std::unique_ptr<queue::SqliteQueue>> OpenQueue(const Site::Options& options, Files& files);

}  // namespace edgewise::site
