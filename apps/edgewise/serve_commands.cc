// registry, send, relay: single stations from the command line.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "client.h"
#include "commands.h"
#include "net/http.h"
#include "registry/directory_image_store.h"
#include "registry/server.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Choice {
  std::string address, folder, stream, file, state, hub = "127.0.0.1:8080";
  int lines = 500;
  bool json = false, denied = false;
};

Result<void> Registry(const Choice& choice) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread
  registry::DirectoryImageStore images(choice.folder, SystemFiles());
  registry::Server server(images);
  net::Router routes;
  server.AddRoutes(routes);
  EDGEWISE_ASSIGN(const auto http, net::HttpServer::Start({{choice.address}}, routes, {}));
  fmt::print("{}\n", choice.json ? json{{"registry", http->addresses().at(0)}}.dump()
                                 : fmt::format("registry  http://{}/v2/  (Ctrl-C stops)", http->addresses().at(0)));
  std::fflush(stdout);
  int got = 0;
  sigwait(&signals, &got);
  return {};
}

Result<std::uint64_t> SendLines(net::HttpClient& site, const Choice& choice, const std::string& lines) {
  EDGEWISE_ASSIGN(const auto answer, site.Send({.method = "POST", .target = "/records/" + choice.stream, .headers = {}, .body = lines},
                                               Deadline::After(std::chrono::minutes(1))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), answer.body);
  return json::parse(answer.body, nullptr, false).value("new", std::uint64_t{0});
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

Result<void> Flush(const Choice& choice) {
  net::HttpClient site(net::Address{choice.address});
  EDGEWISE_ASSIGN(const auto answer, site.Send({.method = "POST", .target = "/relay/flush", .headers = {}, .body = {}},
                                               Deadline::After(std::chrono::minutes(5))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), answer.body);
  fmt::print("everything derived so far has been judged; what may leave is in the store\n");
  return {};
}

/// The audit lines as they stand at the site: they hold names of rules and fields, never values.
Result<void> Audit(const Choice& choice) {
  const auto sites = std::filesystem::path(choice.state) / "sites";
  EDGEWISE_ASSIGN(const auto names, SystemFiles().List(sites));
  for (const auto& name : names) {
    const auto folder = sites / name / "relay";
    EDGEWISE_ASSIGN(const auto files, SystemFiles().List(folder));
    for (const auto& file : files) {
      if (!file.starts_with("audit-")) continue;
      std::ifstream in(folder / file);
      for (std::string line; std::getline(in, line);) {
        if (!choice.denied || line.find("\"allowed\":false") != std::string::npos) fmt::print("{}\n", line);
      }
    }
  }
  return {};
}

Result<void> Compliance(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto answer, GetJson(choice.hub, "/api/compliance"));
  if (choice.json) {
    fmt::print("{}\n", answer.dump());
    return {};
  }
  fmt::print("{:<8}{:<10}{:>10}{:>10}{:>10}  {}\n", "site", "lane", "let out", "kept", "missing", "policy");
  for (const auto& site : answer.at("sites")) {
    for (const auto& lane : site.at("lanes")) {
      fmt::print("{:<8}{:<10}{:>10}{:>10}{:>10}  {}\n", site.value("site", ""), lane.value("lane", ""), lane.value("events", 0),
                 lane.value("denied", 0), lane.value("missing", 0), lane.value("policy", "").substr(0, 19));
    }
  }
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

void AddRelay(CLI::App& program, int& exit_code) {
  auto* relay = program.add_subcommand("relay", "what left the sites, what stayed, and why");
  relay->require_subcommand(1);
  relay->footer("Example:\n  edgewise relay status --hub 127.0.0.1:8080\n  edgewise relay audit --state build/flights --denied");
  const auto choice = std::make_shared<Choice>();  // lives as long as the commands
  auto* status = Add(*relay, exit_code, "status", "events let out and kept back, by site and lane", Compliance, choice);
  status->add_option("--hub", choice->hub, "host:port of the hub");
  status->add_flag("--json", choice->json, "print JSON");
  status->footer("Example:\n  edgewise relay status --hub 127.0.0.1:8080");
  auto* audit = Add(*relay, exit_code, "audit", "the audit line of each decision, as JSON lines", Audit, choice);
  audit->add_option("--state", choice->state, "the state folder of edgewise up")->required();
  audit->add_flag("--denied", choice->denied, "only of events that stayed");
  audit->footer("Example:\n  edgewise relay audit --state build/flights --denied");
  auto* flush = Add(*relay, exit_code, "flush", "judge and send now what a site has derived", Flush, choice);
  flush->add_option("--address", choice->address, "host:port of the site")->required();
  flush->footer("Example:\n  edgewise relay flush --address 127.0.0.1:8101");
}

}  // namespace

void AddServeCommands(CLI::App& program, int& exit_code) {
  const auto served = std::make_shared<Choice>();  // each lives as long as its command
  auto* registry = Add(program, exit_code, "registry", "an OCI registry on a folder, alone", Registry, served);
  registry->add_option("--address", served->address, "host:port; port 0 takes a free one")->required();
  registry->add_option("--folder", served->folder, "where the images lie")->required();
  registry->add_flag("--json", served->json, "print the address as JSON");
  registry->footer("Example:\n  edgewise registry --address 127.0.0.1:8081 --folder images");

  const auto sent = std::make_shared<Choice>();
  auto* send = Add(program, exit_code, "send", "tell a site records of one stream; repeated ones change nothing", Send, sent);
  send->add_option("file", sent->file, "JSON lines with producer, seq, time")->required();
  send->add_option("--address", sent->address, "host:port of the site")->required();
  send->add_option("--stream", sent->stream, "which stream")->required();
  send->add_option("--lines", sent->lines, "in one request")->check(CLI::Range(1, 100'000));
  send->add_flag("--json", sent->json, "print JSON");
  send->footer("Example:\n  edgewise send landings.jsonl --address 127.0.0.1:8101 --stream landing");
  AddRelay(program, exit_code);
}

}  // namespace edgewise
