#include <random>

#include "base/fake_files.h"
#include "life.h"
#include "mutants.h"
#include "network.h"
#include "parts.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"

namespace edgewise::simulation {

Findings CarryOverLostReplies(std::uint64_t replies) {
  FakeFiles disk;
  (void)disk.MakeDirs("/site");
  std::mt19937_64 random(replies);
  FaultyStore store(random);
  store.LoseReplies();
  const auto line = WithDefect(store);
  Metrics metrics;
  const auto queue = queue::SqliteQueue::Open("/site/queue.db", {.site = std::string(kSite), .files = &disk}).value();
  relay::Relay relay({.site = std::string(kSite), .folder = "/site/relay"}, ThePolicy(), *queue, *line, disk, metrics);
  std::vector<std::uint64_t> entries;
  while (store.lost_replies() < replies) {
    entries.push_back(entries.size() + 1);
    (void)queue->Append(EventsOf(entries.back()), queue::Origin{entries.back()}, Deadline::Never());
    for (int steps = 0; steps < 100; ++steps) {
      const auto did = relay.Step(true, Deadline::Never());
      if (did && !*did) break;
    }
  }
  return CheckSink(store.behind(), entries, entries.size(), AdmittedBy(queue->Depths().value()));
}

}  // namespace edgewise::simulation
