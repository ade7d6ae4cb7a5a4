// status, events, model: what the hub knows, for people and as JSON.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "client.h"
#include "commands.h"
#include "event_text.h"
#include "train/model.h"
#include "usage.h"
#include "wrap.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Choice {
  std::string hub = "127.0.0.1:8080", site, kind = "all", folder;
  int limit = 20;
  bool json = false;
};

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::uint64_t CountIn(const json& object, const char* key) { return object.is_object() ? object.value(key, std::uint64_t{0}) : 0; }

/// What waits to leave, and whether it can; nothing of a site that has not said so.
void PrintQueue(const json& status) {
  if (!status.is_object() || !status.contains("lanes")) return;
  std::string text, oldest;
  std::uint64_t lost = 0;
  for (const auto& [lane, counts] : status["lanes"].items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", CountIn(counts, "waiting"), lane);
    if (const auto time = Text(counts, "oldest"); !time.empty() && (oldest.empty() || time < oldest)) oldest = time;
    for (const auto* key : {"dead", "damaged", "missing", "dropped"}) lost += CountIn(counts, key);
  }
  text = "waiting: " + text + (oldest.empty() ? "" : " (oldest of " + oldest + ")");
  text += fmt::format("; {:.1f} MB on disk", static_cast<double>(CountIn(status, "queue_bytes")) / 1e6);
  if (const auto stored = Text(status, "last_stored"); !stored.empty()) text += "; last stored " + stored;
  if (const auto offline = CountIn(status, "offline_seconds"); offline > 0) text += fmt::format("; OFFLINE for {} s", offline);
  if (lost > 0) text += fmt::format("; {} dead, damaged, missing or dropped: edgewise events count", lost);
  fmt::print("{}", Wrap(text, 10, 12));
}

/// One line of at most 80 columns, and below it why the site is not well, and what waits to leave it.
void PrintSite(const json& site) {
  const auto status = site.value("status", json());
  const auto models = status.is_object() ? status.value("models", json::array()) : json::array();
  const auto count = [&](const char* key) { return status.is_object() ? status.value(key, std::uint64_t{0}) : 0; };
  fmt::print("{:<9} {:<6} {:<21} {:<17} {:>10} {:>10}\n", Text(site, "site"), Text(site, "state"), Text(site, "clock"),
             models.empty() ? "-" : Text(models[0], "version"), count("scored"), count("pending"));
  if (const auto reason = Text(site, "reason"); !reason.empty()) fmt::print("{}", Wrap(reason, 10, 10));
  PrintQueue(status);
}

Result<void> Status(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto overview, GetJson(choice.hub, "/api/overview"));
  if (choice.json) {
    fmt::print("{}\n", overview.dump());
    return {};
  }
  const auto totals = overview.value("totals", json::object());
  fmt::print("{} events indexed, {} missing, {} doubled\n\n", totals.value("indexed", 0), totals.value("missing", 0),
             totals.value("doubled", 0));
  fmt::print("{:<9} {:<6} {:<21} {:<17} {:>10} {:>10}\n", "site", "state", "clock", "model", "scored", "unlabelled");
  for (const auto& site : overview.at("sites")) PrintSite(site);
  return {};
}

/// Of each kind that is wanted, together: newest first.
Result<json> FindEvents(const Choice& choice) {
  const auto kinds = choice.kind == "all" ? std::vector<std::string>{"disruptions", "readings", "drift"} : std::vector{choice.kind};
  std::vector<json> events;
  for (const auto& kind : kinds) {
    EDGEWISE_ASSIGN(const auto answer, GetJson(choice.hub, fmt::format("/api/{}?limit={}&site={}", kind, choice.limit, choice.site)));
    const auto found = answer.value("events", json::array());
    events.insert(events.end(), found.begin(), found.end());
  }
  std::ranges::stable_sort(events, std::ranges::greater(), [](const json& event) { return Text(event, "time"); });
  events.resize(std::min(events.size(), static_cast<std::size_t>(choice.limit)));
  return json{{"events", events}};
}

Result<void> Events(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto answer, FindEvents(choice));
  if (choice.json) {
    fmt::print("{}\n", answer.dump());
    return {};
  }
  const auto& events = answer.at("events");
  for (const auto& event : events) fmt::print("{}", EventText(event));
  if (events.empty()) fmt::print("nothing found{}\n", choice.site.empty() ? "" : " at " + choice.site);
  return {};
}

Result<void> List(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto answer, GetJson(choice.hub, "/api/models"));
  if (choice.json) {
    fmt::print("{}\n", answer.dump());
    return {};
  }
  for (const auto& model : answer.at("models")) {
    fmt::print("{:<25} {:<11} {}\n", Text(model, "version"), Text(model, "decision"), Text(model, "digest").substr(0, 19));
    if (const auto reason = Text(model, "reason"); !reason.empty()) fmt::print("{}", Wrap(reason, 4, 4));
  }
  return {};
}

Result<void> Show(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(std::filesystem::path(choice.folder) / "model.json"));
  EDGEWISE_ASSIGN(const auto card, train::CardFromJson(text));
  if (choice.json) {
    fmt::print("{}\n", text);
    return {};
  }
  fmt::print(
      "{} {}\n  labels known before  {}\n  rows                 {}\n  AUC, log loss        {:.4f}, {:.4f} on these rows\n  learns from     "
      "     {}\n",
      card.name, card.version, FormatTime(card.trained_until), card.training.rows, card.training.auc, card.training.logloss,
      card.recipe.select);
  for (const auto& object : card.objects) fmt::print("  {:>9} rows of       {} {}\n", object.rows, object.name, object.digest.Short());
  return {};
}

using Work = Result<void> (*)(const Choice&);

CLI::App* Add(CLI::App& to, int& exit_code, const std::string& name, const std::string& what, Work work,
              const std::shared_ptr<Choice>& choice) {
  auto* command = to.add_subcommand(name, what);
  command->add_flag("--json", choice->json, "print JSON");
  command->callback([choice, work, &exit_code, command] {
    if (!command->get_subcommands().empty()) return;  // that one was meant
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

}  // namespace

void AddLookCommands(CLI::App& program, int& exit_code) {
  const auto seen = std::make_shared<Choice>();  // each lives as long as its command
  auto* status = Add(program, exit_code, "status", "sites, what they run and how far they are", Status, seen);
  status->footer("Example:\n  edgewise status --hub 127.0.0.1:8080");
  AddAddress(*status, "--hub", seen->hub, "host:port of the hub")->capture_default_str();

  const auto events = std::make_shared<Choice>();
  auto* show = Add(program, exit_code, "events", "what the sites found, newest first; or what lies in one site's queue", Events, events);
  AddSiteEventsCommands(*show, exit_code);
  show->footer("Example:\n  edgewise events --hub 127.0.0.1:8080 --kind readings --limit 5");
  AddAddress(*show, "--hub", events->hub, "host:port of the hub")->capture_default_str();
  show->add_option("--kind", events->kind, "disruptions, readings, drift; else all of them")
      ->check(CLI::IsMember({"disruptions", "readings", "drift"}));
  show->add_option("--site", events->site, "of this site only");
  show->add_option("--limit", events->limit, "at most so many")->check(CLI::Range(1, 1000))->capture_default_str();

  auto* model = program.add_subcommand("model", "look at a model, or at all that the hub knows");
  model->require_subcommand(1);
  model->footer("Example:\n  edgewise model list --hub 127.0.0.1:8080\n  edgewise model show model");
  const auto listed = std::make_shared<Choice>();
  auto* list = Add(*model, exit_code, "list", "versions, and what was decided about them", List, listed);
  list->footer("Example:\n  edgewise model list --hub 127.0.0.1:8080");
  AddAddress(*list, "--hub", listed->hub, "host:port of the hub")->capture_default_str();
  const auto shown = std::make_shared<Choice>();
  auto* card = Add(*model, exit_code, "show", "what a model learned from", Show, shown);
  card->footer("Example:\n  edgewise model show model");
  card->add_option("folder", shown->folder, "folder with model.json")->required();
}

}  // namespace edgewise
