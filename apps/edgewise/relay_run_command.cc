// relay run: a relay as a process of its own, from a queue's folder to a store.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/backoff.h"
#include "base/files.h"
#include "commands.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"
#include "site_key.h"
#include "stop_signals.h"
#include "store_choice.h"

namespace edgewise {
namespace {

struct Choice {
  std::string queue, store, policy;
  bool once = false, json = false;
};

constexpr std::chrono::seconds kPoll{1};
constexpr int kMostRefusals = 20;                                            // one after the other: more than a relay needs
constexpr std::chrono::milliseconds kFirstPause{1000}, kLongestPause{8000};  // after a failure
constexpr std::chrono::seconds kPatience{30};

void Print(const relay::RelayStatus& status, bool json) {
  for (const auto& [lane, counts] : status.lanes) {
    if (json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"lane", event::LaneName(lane)},
                                                {"stored", counts.allowed},
                                                {"denied", counts.denied},
                                                {"stored_through", counts.stored_through},
                                                {"stored_now", counts.allowed_now},
                                                {"denied_now", counts.denied_now}}
                             .dump());
    } else {
      fmt::print("{:<8} {:>9} let out, {:>9} kept back; ever {}, {}\n", event::LaneName(lane), counts.allowed_now, counts.denied_now,
                 counts.allowed, counts.denied);
    }
  }
}

/// Until the queue is empty, or for good; a store that does not answer is asked again.
Result<void> Carry(relay::Relay& relay, const StopSignals& signals, bool once) {
  int refusals = 0;
  Backoff backoff(kFirstPause, kLongestPause);
  while (!signals.Came(std::chrono::milliseconds(0))) {
    const auto did = relay.Step(true, Deadline::After(kPatience));
    const auto status = relay.Status();
    if (status.stopped) return Fail(Code::kFailedPrecondition, *status.stopped);
    if (did) backoff.Reset();
    if (did) refusals = 0;
    if (did && *did) continue;
    // What the store refuses is halved, and in the end set aside: that takes a few refusals, and is no reason to give up.
    if (once && !did && did.error().code == Code::kInvalidArgument && ++refusals < kMostRefusals) continue;
    if (once) return did ? Result<void>() : std::unexpected(did.error());
    if (!did) fmt::print(stderr, "relay: {}; it is tried again\n", did.error().message);
    if (signals.Came(did ? kPoll : backoff.Next())) break;
  }
  return {};
}

Result<void> Run(const Choice& choice) {
  const StopSignals signals;
  const std::filesystem::path folder = choice.queue;
  EDGEWISE_ASSIGN(const auto store, OpenStore(choice.store));
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(choice.policy));
  EDGEWISE_ASSIGN(const auto queue, queue::SqliteQueue::OpenExisting(folder / "queue.db"));
  EDGEWISE_ASSIGN(const auto key, SiteKey(folder / "pseudonyms.key"));
  EDGEWISE_ASSIGN(auto policy, relay::Policy::FromToml(text, choice.policy, key));
  Metrics metrics;
  relay::Relay relay({.site = queue->site(), .epoch = queue->epoch(), .folder = folder / "relay"}, std::move(policy), *queue, *store,
                     SystemFiles(), metrics);
  if (!choice.once && !choice.json) {
    fmt::print("carries {} to {}; Ctrl-C stops\n", choice.queue, choice.store.substr(0, choice.store.find('?')));
    std::fflush(stdout);
  }
  EDGEWISE_TRY(Carry(relay, signals, choice.once));
  Print(relay.Status(), choice.json);
  return {};
}

}  // namespace

void AddRelayRunCommand(CLI::App& relay, int& exit_code) {
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  auto* run = relay.add_subcommand("run", "carry what waits in a queue to a store, through a policy, without a site");
  run->add_option("--queue", choice->queue, "folder of the queue: STATE/sites/NAME of edgewise up, or of queue write")->required();
  run->add_option("--store", choice->store, fmt::format("where it goes: {}", kStoreText))->required();
  run->add_option("--policy", choice->policy, "what may leave: policy.toml")->required()->check(CLI::ExistingFile);
  run->add_flag("--once", choice->once, "end when the queue is empty; a store that does not answer is then an error");
  run->add_flag("--json", choice->json, "print JSON lines");
  run->footer("Example:\n  edgewise relay run --queue build/queue --store build/store --policy examples/flights/policy.toml --once");
  run->callback([choice, &exit_code] {
    if (const auto done = Run(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
