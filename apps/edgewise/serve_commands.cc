// registry, hub, send: single stations from the command line.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "commands.h"
#include "hub_station.h"
#include "registry_station.h"
#include "state_lock.h"
#include "store_choice.h"
#include "usage.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Choice {
  std::string address, folder, stream, file, state, store, pages;
  std::vector<std::string> sites;
  int lines = 500;
  bool json = false;
};

void SayWhere(const Choice& choice, const std::string& station, const std::string& address, const std::string& path) {
  fmt::print("{}\n",
             choice.json ? json{{station, address}}.dump() : fmt::format("{}  http://{}{}  (Ctrl-C stops)", station, address, path));
  std::fflush(stdout);
}

Result<void> Registry(const Choice& choice) {
  const StopSignals signals;
  EDGEWISE_ASSIGN(const auto lock, StateLock::Take(choice.folder));
  EDGEWISE_ASSIGN(const auto registry, RegistryStation::Start(choice.folder, choice.address));
  SayWhere(choice, "registry", registry->address(), "/v2/");
  signals.Wait();
  return {};
}

/// A hub whose sites run elsewhere: they reach it by HTTP and share its store.
Result<void> Hub(const Choice& choice) {
  const StopSignals signals;
  std::error_code ignored;
  if (!IsUrl(choice.store) && !std::filesystem::is_directory(FolderOf(choice.store), ignored))
    return Fail(Code::kNotFound, fmt::format("store {} is no folder; name the one that the sites write to", choice.store));
  EDGEWISE_ASSIGN(const auto store, OpenStore(choice.store));
  EDGEWISE_ASSIGN(const auto lock, StateLock::Take(choice.state));
  Metrics metrics;
  EDGEWISE_ASSIGN(const auto hub, HubStation::Start({choice.state, choice.address, choice.sites, choice.pages}, *store, metrics));
  SayWhere(choice, "hub", hub->address(), "/");
  hub->IndexUntil(signals);
  return {};
}

Result<std::uint64_t> SendLines(net::HttpClient& site, const Choice& choice, const std::string& lines) {
  EDGEWISE_ASSIGN(const auto answer, site.Send({.method = "POST", .target = "/records/" + choice.stream, .headers = {}, .body = lines},
                                               Deadline::After(std::chrono::minutes(1))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), answer.body);
  const auto said = json::parse(answer.body, nullptr, false);
  const auto fresh = said.find("new");
  if (!said.is_object() || fresh == said.end() || !fresh->is_number_unsigned())
    return Fail(Code::kUnavailable, fmt::format("{}: the answer does not say what was new; is this an Edgewise site?", choice.address));
  return fresh->get<std::uint64_t>();
}

Result<void> Send(const Choice& choice) {
  std::ifstream in(choice.file);
  if (!in) return Fail(Code::kNotFound, fmt::format("{} cannot be read", choice.file));
  net::HttpClient site(net::Address{choice.address});
  std::uint64_t sent = 0, fresh = 0;
  std::string lines;
  int waiting = 0;
  const auto flush = [&]() -> Result<void> {
    if (waiting == 0) return {};
    EDGEWISE_ASSIGN(const auto taken, SendLines(site, choice, lines));
    fresh += taken;
    lines.clear();
    waiting = 0;
    return {};
  };
  for (std::string line; std::getline(in, line);) {
    lines += line + '\n';
    ++sent;
    if (++waiting == choice.lines) EDGEWISE_TRY(flush());
  }
  EDGEWISE_TRY(flush());
  fmt::print("{}\n",
             choice.json ? json{{"sent", sent}, {"new", fresh}}.dump() : fmt::format("{} records sent, {} new to the site", sent, fresh));
  return {};
}

using Work = Result<void> (*)(const Choice&);

CLI::App* Add(CLI::App& to, int& exit_code, const std::string& name, const std::string& what, Work work,
              const std::shared_ptr<Choice>& choice) {
  auto* command = to.add_subcommand(name, what);
  command->callback([choice, work, &exit_code] {
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

void AddRegistry(CLI::App& program, int& exit_code) {
  const auto choice = std::make_shared<Choice>();  // lives as long as the command, as those below
  auto* registry = Add(program, exit_code, "registry", "an OCI registry on a folder, alone", Registry, choice);
  AddAddress(*registry, "--address", choice->address, "host:port; port 0 takes a free one")->required();
  registry->add_option("--folder", choice->folder, "where the images lie")->required();
  registry->add_flag("--json", choice->json, "print the address as JSON");
  registry->footer("Example:\n  edgewise registry --address 127.0.0.1:8081 --folder images");
}

void AddHub(CLI::App& program, int& exit_code) {
  const auto choice = std::make_shared<Choice>();
  auto* hub = Add(program, exit_code, "hub", "the hub alone: index, API and pages over the store of sites that run elsewhere", Hub, choice);
  AddAddress(*hub, "--address", choice->address, "host:port; port 0 takes a free one")->required();
  hub->add_option("--store", choice->store, "the store that the sites write to, only read: a folder or a URL, as for relay run")
      ->required();
  hub->add_option("--state", choice->state, "folder for the hub's own state")->required();
  hub->add_option("--site", choice->sites, "a site that is expected: shown as empty until it speaks");
  hub->add_option("--pages", choice->pages, "folder of the built pages; else beside the program");
  hub->add_flag("--json", choice->json, "print the address as JSON");
  hub->footer("Example:\n  edgewise hub --address 127.0.0.1:8080 --store build/flights/store --state build/hub --site EWR");
}

void AddSend(CLI::App& program, int& exit_code) {
  const auto choice = std::make_shared<Choice>();
  auto* send = Add(program, exit_code, "send", "tell a site records of one stream; repeated ones change nothing", Send, choice);
  send->add_option("file", choice->file, "JSON lines with producer, seq, time")->required();
  AddAddress(*send, "--address", choice->address, "host:port of the site")->required();
  send->add_option("--stream", choice->stream, "which stream")->required();
  send->add_option("--lines", choice->lines, "in one request")->check(CLI::Range(1, 100'000))->capture_default_str();
  send->add_flag("--json", choice->json, "print JSON");
  send->footer("Example:\n  edgewise send landings.jsonl --address 127.0.0.1:8101 --stream landing");
}

}  // namespace

void AddServeCommands(CLI::App& program, int& exit_code) {
  AddRegistry(program, exit_code);
  AddHub(program, exit_code);
  AddSend(program, exit_code);
}

}  // namespace edgewise
