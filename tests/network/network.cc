// A relay and a store with a line between them that does its worst, over real sockets: edgewise_network [--replies N] [--store URL]
// [--mutants] Prints one line for each fault, such as: S7 fault=lose-reply n=10000 lost=0 doubled=0 disordered=0 invented=0 acked=30000

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "../simulation/history.h"
#include "../simulation/mutants.h"
#include "../simulation/parts.h"
#include "base/fake_files.h"
#include "base/log.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"
#include "store/blob_store.h"
#include "store/fake_blob_server.h"
#include "tcp_gate.h"

namespace edgewise::network {
namespace {

using simulation::Findings;
using std::chrono::milliseconds;

/// A site whose store is behind the gate.
class Rig {
 public:
  /// `url`: of an empty container, that can be read past the gate.
  explicit Rig(const std::string& url)
      : gate_(AddressOf(url)), past_(store::BlobStore::Open(url).value()), through_(store::BlobStore::Open(Through(url)).value()) {
    (void)disk_.MakeDirs("/site");
    queue_ = queue::SqliteQueue::Open("/site/queue.db", {.site = std::string(simulation::kSite), .files = &disk_}).value();
    line_ = simulation::WithDefect(*through_);
    relay_.emplace(relay::Options{.site = std::string(simulation::kSite), .folder = "/site/relay"}, simulation::ThePolicy(), *queue_,
                   *line_, disk_, metrics_);
  }

  /// Carries events until so many exchanges have met the fault; then the line is mended, and what waits goes.
  Findings Carry(Fault fault, std::uint64_t times) {
    const auto before = gate_.faults();
    gate_.SetFault(fault);
    while (gate_.faults() - before < times) {
      entries_.push_back(entries_.size() + 1);
      (void)queue_->Append(simulation::EventsOf(entries_.back()), queue::Origin{entries_.back()}, Deadline::Never());
      // What cannot leave for long waits in the queue, as it would at a site.
      for (int steps = 0; steps < 20 && Step(fault) != Did::kNothing; ++steps) {
      }
    }
    gate_.SetFault(Fault::kNone);
    for (int steps = 0; steps < 1000 && Step(Fault::kNone) != Did::kNothing; ++steps) {
    }
    return simulation::CheckSink(*past_, entries_, entries_.size(), simulation::AdmittedBy(queue_->Depths().value()));
  }

 private:
  enum class Did { kNothing, kSomething, kFailed };

  static std::string AddressOf(const std::string& url) { return url.substr(7, url.find('/', 7) - 7); }
  std::string Through(std::string url) const { return url.replace(7, AddressOf(url).size(), gate_.address()); }

  Did Step(Fault fault) {
    const auto did = relay_->Step(true, Deadline::After(fault == Fault::kHalfOpen ? milliseconds(250) : milliseconds(10000)));
    if (!did) return Did::kFailed;
    return *did ? Did::kSomething : Did::kNothing;
  }

  TcpGate gate_;
  FakeFiles disk_;
  Metrics metrics_;
  std::unique_ptr<store::BlobStore> past_, through_;
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<store::Store> line_;
  std::optional<relay::Relay> relay_;
  std::vector<std::uint64_t> entries_;
};

void Print(Fault fault, std::uint64_t times, const Findings& found) {
  fmt::print("S7 fault={} n={} lost={} doubled={} disordered={} invented={} acked={}\n", FaultName(fault), times, found.lost, found.doubled,
             found.disordered, found.invented, found.acknowledged);
  std::fflush(stdout);
}

/// All of a site's life goes into one container: each line tells of everything so far.
bool RunAll(const std::string& url, std::uint64_t replies) {
  Rig rig(url);
  bool sound = true;
  const auto run = [&](Fault fault, std::uint64_t times) {
    const auto found = rig.Carry(fault, times);
    Print(fault, times, found);
    sound = sound && found.Sound();
  };
  for (const auto fault : {Fault::kDelay, Fault::kDrop, Fault::kCutRequest, Fault::kCutReply, Fault::kDuplicate}) run(fault, replies / 20);
  run(Fault::kHalfOpen, 10);
  run(Fault::kLoseReply, replies);
  return sound;
}

/// Each defect under the fault that must show it.
bool RunMutants() {
  bool all = true;
  for (const auto& [name, fault] : {std::pair{"lost-reply-is-success", Fault::kDrop}, {"no-dedupe", Fault::kLoseReply}}) {
    if (!simulation::Plant(name)) return false;
    const store::FakeBlobServer server;
    const auto found = Rig(server.Url()).Carry(fault, 20);
    fmt::print("{} {} under {}: lost={} doubled={}\n", found.Sound() ? "MISSED" : "caught", name, FaultName(fault), found.lost,
               found.doubled);
    all = all && !found.Sound();
  }
  return all;
}

}  // namespace
}  // namespace edgewise::network

int main(int argc, char** argv) {
  using namespace edgewise;
  CLI::App program("Events over a line that delays, drops, cuts, doubles and falls silent, to a store that must hold each once");
  std::uint64_t replies = 10000;
  bool mutants = false;
  std::string url;
  program.add_option("--replies", replies, "how many replies are lost after success; a twentieth of it for the other faults");
  program.add_option("--store", url,
                     "http://127.0.0.1:PORT/ACCOUNT/CONTAINER?SAS of an empty container; without it a server in this process");
  program.add_flag("--mutants", mutants, "plant defects, and look whether they are found");
  CLI11_PARSE(program, argc, argv);
  spdlog::set_level(spdlog::level::off);
  if (mutants) return network::RunMutants() ? 0 : 1;
  const store::FakeBlobServer server;
  return network::RunAll(url.empty() ? server.Url() : url, replies) ? 0 : 1;
}
