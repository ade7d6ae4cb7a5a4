#include "site/open_queue.h"

#include "base/log.h"
#include "relay/set_back.h"

namespace edgewise::site {

Result<std::unique_ptr<queue::SqliteQueue>> OpenQueue(const Site::Options& options, Files& files) {
  EDGEWISE_ASSIGN(auto queue, queue::SqliteQueue::Open(options.folder / "queue.db", {.site = options.name,
                                                                                     .epoch = options.epoch,
                                                                                     .most_bytes = options.queue_bytes,
                                                                                     .when_full = options.when_full,
                                                                                     .files = &files}));
  if (const auto held = relay::CheckNotSetBack(files, options.folder / "relay", *queue, options.epoch); !held) {
    log::Failed("site {}: {}; until then nothing that needs the queue is taken", options.name, held.error().message);
    queue->RefuseAppends(held.error());
  }
  return queue;
}

}  // namespace edgewise::site
