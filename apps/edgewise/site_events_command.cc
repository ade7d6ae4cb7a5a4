// events dead|tail|export|count: what lies in one site's queue, at the site, also while it runs.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output_file.h"
#include "queue/depth_json.h"
#include "queue_access.h"
#include "wrap.h"

namespace edgewise {
namespace {

using Kept = QueueAccess::Kept;
using nlohmann::ordered_json;

struct Choice {
  std::string path, id, out, lane = "all";
  std::size_t lines = 10;
  bool all = false, json = false;
};

/// The event as it is, or, of a damaged one, what is left of it as text.
ordered_json ToJson(const Kept& kept) {
  auto event = ordered_json::parse(kept.body, nullptr, false);
  if (event.is_discarded()) event = kept.body;
  return {{"id", kept.id.ToString()}, {"state", NameOf(kept.state)}, {"reason", kept.reason}, {"event", std::move(event)}};
}

void PrintJson(const ordered_json& json, int indent = -1) {
  fmt::print("{}\n", json.dump(indent, ' ', false, ordered_json::error_handler_t::replace));
}

bool Chosen(const Choice& choice, const Kept& kept) { return choice.lane == "all" || event::LaneName(kept.id.lane) == choice.lane; }

bool IsAside(const Kept& kept) { return kept.state != Kept::State::kWaiting; }

/// Those that are set aside, and damaged ones that nobody has taken out of the line yet.
Result<std::vector<Kept>> Aside(QueueAccess& queue, const Choice& choice) {
  std::vector<Kept> aside;
  EDGEWISE_TRY(queue.ForEach([&](const Kept& kept) -> Result<void> {
    if (IsAside(kept) && Chosen(choice, kept)) aside.push_back(kept);
    return {};
  }));
  return aside;
}

Result<void> List(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  EDGEWISE_ASSIGN(const auto aside, Aside(*queue, choice));
  for (const auto& kept : aside) {
    if (choice.json) {
      auto line = ToJson(kept);
      line.erase("event");
      PrintJson(line);
    } else {
      fmt::print("{}", Wrap(fmt::format("{} {}: {}", kept.id.ToString(), NameOf(kept.state), kept.reason), 0, 4));
    }
  }
  if (aside.empty() && !choice.json) fmt::print("nothing is set aside\n");
  return {};
}

Result<void> Show(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto id, event::EventId::Parse(choice.id));
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  EDGEWISE_ASSIGN(const auto page, queue->Page(id.lane, id.sequence - std::min<std::uint64_t>(id.sequence, 1), 1));
  if (page.empty() || page.front().id.sequence != id.sequence || !IsAside(page.front()))
    return Fail(Code::kNotFound, fmt::format("event {} is not set aside; see edgewise events dead list", choice.id));
  PrintJson(ToJson(page.front()), choice.json ? -1 : 2);
  return {};
}

/// Does something with the one that was named, or with all; goes on behind one that cannot, and fails in the end.
Result<void> ForChosen(const Choice& choice, const std::function<Result<std::string>(QueueAccess&, const event::EventId&)>& work) {
  if (choice.all != choice.id.empty()) return Fail(Code::kInvalidArgument, "name one event, such as EWR/1/sample/42, or say --all");
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  std::vector<event::EventId> ids;
  if (choice.all) {
    EDGEWISE_ASSIGN(const auto aside, Aside(*queue, choice));
    for (const auto& kept : aside) ids.push_back(kept.id);
  } else {
    EDGEWISE_ASSIGN(auto id, event::EventId::Parse(choice.id));
    ids.push_back(std::move(id));
  }
  std::optional<Error> failure;
  for (const auto& id : ids) {
    const auto done = work(*queue, id);
    if (done) {
      choice.json ? PrintJson({{"id", id.ToString()}, {"done", *done}}) : fmt::print("{} {}\n", id.ToString(), *done);
    } else if (failure = done.error(); choice.all) {
      fmt::print(stderr, "{}", Wrap(failure->message, 0, 4));
    }
  }
  return failure ? Result<void>(std::unexpected(*failure)) : Result<void>();
}

Result<void> Retry(const Choice& choice) {
  return ForChosen(choice, [](QueueAccess& queue, const event::EventId& id) -> Result<std::string> {
    EDGEWISE_ASSIGN(const auto again, queue.Retry(id));
    return "waits again as " + again.ToString();
  });
}

Result<void> Drop(const Choice& choice) {
  return ForChosen(choice, [](QueueAccess& queue, const event::EventId& id) -> Result<std::string> {
    EDGEWISE_TRY(queue.Drop(id));
    return "is dropped, and counted so";
  });
}

Result<void> Tail(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  EDGEWISE_ASSIGN(const auto depths, queue->Depths());
  std::vector<Kept> last;
  constexpr std::uint64_t kFarthest = 10'000;  // a page's most
  for (const auto& depth : depths) {           // of each lane the last ones: from a little before the end on, until there are enough
    if (choice.lane != "all" && event::LaneName(depth.lane) != choice.lane) continue;
    for (auto back = std::uint64_t{choice.lines};; back = std::min(back * 4, kFarthest)) {
      const auto after = depth.appended - std::min(depth.appended, back);
      std::deque<Kept> found;
      EDGEWISE_ASSIGN(const auto page, queue->Page(depth.lane, after, back));
      for (const auto& kept : page) {
        if (!IsAside(kept)) found.push_back(kept);
      }
      if (found.size() < choice.lines && after > 0 && back < kFarthest) continue;
      while (found.size() > choice.lines) found.pop_front();
      last.insert(last.end(), found.begin(), found.end());
      break;
    }
  }
  for (const auto& kept : last) fmt::print("{}\n", kept.body);
  return {};
}

Result<void> Export(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  OutputFile out(choice.out, OutputFile::For::kOwner);
  std::uint64_t events = 0;
  EDGEWISE_TRY(queue->ForEach([&](const Kept& kept) -> Result<void> {
    if (!Chosen(choice, kept)) return {};
    ++events;
    return out.Write(ToJson(kept).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  }));
  EDGEWISE_TRY(out.Finish());
  choice.json ? PrintJson({{"file", choice.out}, {"events", events}})
              : fmt::print("{}: {} event{}\n", choice.out, events, events == 1 ? "" : "s");
  return {};
}

Result<void> Count(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto queue, QueueAccess::Open(choice.path));
  EDGEWISE_ASSIGN(const auto depths, queue->Depths());
  if (!choice.json)
    fmt::print("{:<9} {:>11} {:>8} {:>8} {:>8} {:>10} {:>12}\n", "lane", "waiting", "dead", "damaged", "missing", "dropped", "appended");
  for (const auto& depth : depths) {
    if (choice.json) {
      PrintJson(queue::ToJson(depth));
    } else {
      fmt::print("{:<9} {:>11} {:>8} {:>8} {:>8} {:>10} {:>12}\n", event::LaneName(depth.lane), depth.waiting, depth.dead, depth.damaged,
                 depth.missing, depth.dropped, depth.appended);
    }
  }
  return {};
}

CLI::App* Add(CLI::App& to, int& exit_code, const std::string& name, const std::string& what, Result<void> (*work)(const Choice&),
              const std::shared_ptr<Choice>& choice) {
  auto* command = to.add_subcommand(name, what);
  command->add_option("--path", choice->path, "the site's folder: STATE/sites/NAME of edgewise up")->required();
  command->add_flag("--json", choice->json, "print JSON");
  command->callback([choice, work, &exit_code] {
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

void AddLane(CLI::App& command, Choice& choice) {
  command.add_option("--lane", choice.lane, "of this priority class only")
      ->check(CLI::IsMember({"all", "anomaly", "insight", "sample"}))
      ->capture_default_str();
}

}  // namespace

void AddSiteEventsCommands(CLI::App& events, int& exit_code) {
  const auto choice = std::make_shared<Choice>();  // lives as long as the commands
  const std::string where = " --path build/flights/sites/EWR";
  auto* tail = Add(events, exit_code, "tail", "the newest events that wait in a site's queue", Tail, choice);
  tail->add_option("-n,--lines", choice->lines, "at most so many of each lane")->check(CLI::Range(1, 10'000))->capture_default_str();
  AddLane(*tail, *choice);
  tail->footer("Example:\n  edgewise events tail" + where + " -n 5");
  auto* exports = Add(events, exit_code, "export", "all events of a site's queue into a file that stays at the site", Export, choice);
  exports->add_option("-o,--output", choice->out, "file to write: JSON lines")->required();
  AddLane(*exports, *choice);
  exports->footer("Example:\n  edgewise events export" + where + " -o events.jsonl");
  auto* count = Add(events, exit_code, "count", "how many events wait in a site's queue, and what became of the others", Count, choice);
  count->footer("Example:\n  edgewise events count" + where);
  auto* dead = events.add_subcommand("dead", "events that were taken out of the line, with the reason");
  dead->require_subcommand(1);
  dead->footer("Example:\n  edgewise events dead list" + where);
  AddLane(*Add(*dead, exit_code, "list", "all of them, with their reasons", List, choice), *choice);
  auto* show = Add(*dead, exit_code, "show", "one of them, whole", Show, choice);
  show->add_option("id", choice->id, "its id, as dead list prints it")->required();
  show->footer("Example:\n  edgewise events dead show EWR/1/sample/42" + where);
  const auto add_change = [&](const char* name, const char* what, Result<void> (*work)(const Choice&)) {
    auto* command = Add(*dead, exit_code, name, what, work, choice);
    command->add_option("id", choice->id, "its id, as dead list prints it");
    command->add_flag("--all", choice->all, "each that is set aside");
    command->footer(fmt::format("Example:\n  edgewise events dead {} EWR/1/sample/42{}", name, where));
  };
  add_change("retry", "put one into the line once more, under a new id", Retry);
  add_change("drop", "give one up; it is counted as dropped", Drop);
}

}  // namespace edgewise
