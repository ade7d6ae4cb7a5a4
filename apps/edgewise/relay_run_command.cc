// relay run: a relay as a process of its own, from a queue's folder to a store.
#include <fmt/format.h>

#include "base/files.h"
#include "commands.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"
#include "site_key.h"
#include "stop_signals.h"
#include "store/directory_store.h"

namespace edgewise {
namespace {

struct Choice {
  std::string queue, store, policy;
  bool once = false, json = false;
};

constexpr std::chrono::seconds kPoll{1};
constexpr std::chrono::minutes kPatience{1};

/// Folders alone, so far: "file:///srv/store" or a path.
Result<std::filesystem::path> FolderOf(const std::string& url) {
  if (url.starts_with("file://")) return url.substr(7);
  if (url.find("://") == std::string::npos) return url;
  return Fail(Code::kUnimplemented, fmt::format("\"{}\": this store is not offered; name a folder, or file:///folder", url));
}

void Print(const relay::RelayStatus& status, bool json) {
  for (const auto& [lane, counts] : status.lanes) {
    fmt::print(fmt::runtime(json ? "{{\"lane\":\"{}\",\"stored\":{},\"denied\":{},\"stored_through\":{}}}\n"
                                 : "{:<8} {:>10} let out {:>10} kept back, done up to {}\n"),
               event::LaneName(lane), counts.allowed, counts.denied, counts.stored_through);
  }
}

/// Until the queue is empty, or for good; a store that does not answer is asked again.
Result<void> Carry(relay::Relay& relay, const StopSignals& signals, bool once) {
  while (!signals.Came(std::chrono::milliseconds(0))) {
    const auto did = relay.Step(true, Deadline::After(kPatience));
    const auto status = relay.Status();
    if (status.stopped) return Fail(Code::kFailedPrecondition, *status.stopped);
    if (did && *did) continue;
    if (once) return did ? Result<void>() : std::unexpected(did.error());
    if (!did) fmt::print(stderr, "relay: {}; it is tried again\n", did.error().message);
    if (signals.Came(kPoll)) break;
  }
  return {};
}

Result<void> Run(const Choice& choice) {
  const StopSignals signals;
  const std::filesystem::path folder = choice.queue;
  EDGEWISE_ASSIGN(const auto root, FolderOf(choice.store));
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(choice.policy));
  EDGEWISE_ASSIGN(const auto queue, queue::SqliteQueue::OpenExisting(folder / "queue.db"));
  EDGEWISE_ASSIGN(const auto key, SiteKey(folder / "pseudonyms.key"));
  EDGEWISE_ASSIGN(auto policy, relay::Policy::FromToml(text, choice.policy, key));
  store::DirectoryStore store(SystemFiles(), root);
  Metrics metrics;
  relay::Relay relay({.site = queue->site(), .epoch = queue->epoch(), .folder = folder / "relay"}, std::move(policy), *queue, store,
                     SystemFiles(), metrics);
  EDGEWISE_TRY(Carry(relay, signals, choice.once));
  Print(relay.Status(), choice.json);
  return {};
}

}  // namespace

void AddRelayRunCommand(CLI::App& relay, int& exit_code) {
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  auto* run = relay.add_subcommand("run", "carry what waits in a queue to a store, through a policy, without a site");
  run->add_option("--queue", choice->queue, "folder of the queue: STATE/sites/NAME of edgewise up, or of queue write")->required();
  run->add_option("--store", choice->store, "where it goes: a folder, or file:///folder")->required();
  run->add_option("--policy", choice->policy, "what may leave: policy.toml")->required()->check(CLI::ExistingFile);
  run->add_flag("--once", choice->once, "end when the queue is empty; a store that does not answer is then an error");
  run->add_flag("--json", choice->json, "print JSON lines");
  run->footer("Example:\n  edgewise relay run --queue build/queue --store build/store --policy examples/flights/policy.toml --once");
  run->callback([choice, &exit_code] {
    if (const auto done = Run(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
