// queue: what waits in a queue's file, and durable writing into one, for load tests and forensics.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "commands.h"
#include "configuration_reader.h"
#include "queue/sqlite_queue.h"
#include "queue_access.h"
#include "relay/set_back.h"
#include "stop_signals.h"

namespace edgewise {
namespace {

using queue::SqliteQueue;
using Clock = std::chrono::steady_clock;

struct Choice {
  std::string path, site = "local", lane = "sample";
  std::uint64_t count = 1, epoch = 1;
  std::size_t size = 300, batch = 1;
  bool print_acks = false, json = false;
};

std::filesystem::path FileIn(const Choice& choice) { return std::filesystem::path(choice.path) / "queue.db"; }

std::string_view TypeFor(event::Lane lane) {
  switch (lane) {
    case event::Lane::kAnomaly:
      return event::kDisruptionV1;
    case event::Lane::kInsight:
      return event::kInsightV1;
    case event::Lane::kSample:
      return event::kSampleV1;
  }
  return event::kSampleV1;
}

/// An event whose record takes about `size` bytes, and no fewer than its envelope.
event::Event Filled(event::Lane lane, const Choice& choice) {
  event::Event event;
  event.id = {choice.site, choice.epoch, lane, choice.count};
  event.type = TypeFor(lane);
  event.time = WallClock().EventNow();
  event.data = R"({"filler":""})";
  const auto envelope = event::ToJson(event).size();
  if (choice.size > envelope) event.data = fmt::format(R"({{"filler":"{}"}})", std::string(choice.size - envelope, 'x'));
  return event;
}

void PrintAcknowledged(const std::vector<event::EventId>& ids) {
  for (const auto& id : ids) fmt::print("{}\n", id.ToString());
  std::fflush(stdout);  // whoever kills us next has read it
}

Result<std::unique_ptr<SqliteQueue>> OpenForWriting(const Choice& choice) {
  EDGEWISE_TRY(SystemFiles().MakeDirs(choice.path));
  EDGEWISE_ASSIGN(auto queue, SqliteQueue::Open(FileIn(choice), {.site = choice.site, .epoch = choice.epoch}));
  EDGEWISE_TRY(relay::CheckNotSetBack(SystemFiles(), std::filesystem::path(choice.path) / "relay", *queue, queue->epoch()));
  return queue;
}

Result<void> Write(const Choice& choice) {
  const StopSignals signals;
  EDGEWISE_ASSIGN(const auto lane, event::ParseLane(choice.lane));
  EDGEWISE_ASSIGN(const auto queue, OpenForWriting(choice));
  const std::vector<event::Event> events(choice.batch, Filled(lane, choice));
  std::vector<double> milliseconds;
  const auto begin = Clock::now();
  for (std::uint64_t done = 0; done < choice.count;) {
    const auto some = std::span(events).first(std::min<std::uint64_t>(choice.batch, choice.count - done));
    const auto asked = Clock::now();
    const auto ids = queue->Append(some, std::nullopt, Deadline::After(std::chrono::minutes(1)));
    if (!ids) return Fail(ids.error().code, fmt::format("{}; {} of {} events are on the disk", ids.error().message, done, choice.count));
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - asked).count());
    if (choice.print_acks) PrintAcknowledged(*ids);
    done += some.size();
    if (done < choice.count && signals.Came(std::chrono::milliseconds(0)))
      return Fail(Code::kCancelled, fmt::format("stopped: {} of {} events are on the disk", done, choice.count));
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::ranges::sort(milliseconds);
  const auto p99 = milliseconds[(milliseconds.size() * 99 - 1) / 100];
  auto* const out = choice.print_acks ? stderr : stdout;
  if (choice.json) {
    fmt::print(out,
               R"({{"events":{},"seconds":{:.3f},"events_per_second":{:.0f},"p99_milliseconds":{:.3f}}})"
               "\n",
               choice.count, seconds, static_cast<double>(choice.count) / seconds, p99);
  } else {
    fmt::print(out, "{} events are on the disk: {:.0f} a second, p99 of an acknowledgement {:.2f} ms\n", choice.count,
               static_cast<double>(choice.count) / seconds, p99);
  }
  return {};
}

Result<void> Dump(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  return queue->ForEach([&](const SqliteQueue::Kept& kept) -> Result<void> {
    const auto id = kept.id.ToString();
    if (choice.json) {
      const nlohmann::ordered_json line = {{"id", id}, {"state", NameOf(kept.state)}, {"reason", kept.reason}};
      fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
      fmt::print("{} {}{}{}\n", id, NameOf(kept.state), kept.reason.empty() ? "" : ": ", kept.reason);
    }
    return {};
  });
}

CLI::App* Add(CLI::App& to, int& exit_code, const std::string& name, const std::string& what, Result<void> (*work)(const Choice&),
              const std::shared_ptr<Choice>& choice) {
  auto* command = to.add_subcommand(name, what);
  command->add_option("--path", choice->path, "folder of the queue: STATE/sites/NAME of edgewise up, or one of its own")->required();
  command->add_flag("--json", choice->json, "print JSON");
  command->callback([choice, work, &exit_code] {
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

}  // namespace

void AddQueueCommand(CLI::App& program, int& exit_code) {
  auto* queue = program.add_subcommand("queue", "look into a queue's file, or write into one, for load tests and forensics");
  queue->require_subcommand(1);
  queue->footer("Example:\n  edgewise queue write --path build/queue --count 100000 --batch 64\n  edgewise queue dump --path build/queue");
  const auto choice = std::make_shared<Choice>();  // lives as long as the commands
  auto* write = Add(*queue, exit_code, "write", "append made-up events, each acknowledged when it is on the disk", Write, choice);
  write->add_option("--count", choice->count, "how many events")->check(CLI::Range(1U, 1U << 30U))->capture_default_str();
  write->add_option("--size", choice->size, "bytes of a record; an envelope alone takes some 200")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  write->add_option("--batch", choice->batch, "events that are appended, and acknowledged, together")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  write->add_flag("--print-acks", choice->print_acks, "print each event's id when it is acknowledged, one a line");
  write->add_option("--lane", choice->lane, "priority class: anomaly, insight or sample")
      ->check(CLI::IsMember({"anomaly", "insight", "sample"}))
      ->capture_default_str();
  write->add_option("--site", choice->site, "whose queue it is; a file that is another's is refused")
      ->check(CLI::Validator([](std::string& name) { return IsPlainName(name) ? "" : "must be 1 to 64 letters, digits, _ and -"; }, "NAME"))
      ->capture_default_str();
  write->add_option("--epoch", choice->epoch, "life of the site's disk; never lower than before")
      ->check(CLI::Range(1U, 1U << 30U))
      ->capture_default_str();
  write->footer(
      "The events are no site's: its relay would send them, if its policy lets them pass.\n"
      "Example:\n  edgewise queue write --path build/queue --count 100000 --size 300 --batch 64 --print-acks");
  auto* dump =
      Add(*queue, exit_code, "dump", "each event that is in the file, in order, with its state: waiting, dead or damaged", Dump, choice);
  dump->footer(
      "A site that runs is asked through its socket; a queue that another process has is refused.\nExample:\n  edgewise queue dump --path "
      "build/flights/sites/EWR --json");
}

}  // namespace edgewise
