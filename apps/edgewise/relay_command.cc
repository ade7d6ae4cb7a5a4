// relay: what left the sites, what stayed, and why.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "client.h"
#include "commands.h"
#include "event_text.h"
#include "net/http.h"
#include "state_sites.h"
#include "usage.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Choice {
  std::string address, state, hub = "127.0.0.1:8080";
  bool json = false, denied = false;
};

Result<void> Flush(const Choice& choice) {
  net::HttpClient site(net::Address{choice.address});
  EDGEWISE_ASSIGN(const auto answer, site.Send({.method = "POST", .target = "/relay/flush", .headers = {}, .body = {}},
                                               Deadline::After(std::chrono::minutes(5))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), answer.body);
  fmt::print("{}\n", choice.json ? answer.body : "everything derived so far has been judged; what may leave is in the store");
  return {};
}

/// The audit lines as they stand at the site: they hold names of rules and fields, never values.
Result<void> Audit(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto sites, SiteFolders(choice.state));
  for (const auto& site : sites) {
    const auto folder = site / "relay";
    EDGEWISE_ASSIGN(const auto files, SystemFiles().List(folder));
    for (const auto& file : files) {
      if (!file.starts_with("audit-")) continue;
      std::ifstream in(folder / file);
      for (std::string line; std::getline(in, line);) {
        if (choice.denied && line.find("\"allowed\":false") == std::string::npos) continue;
        if (choice.json) {
          fmt::print("{}\n", line);
        } else {
          fmt::print("{}", AuditText(line));
        }
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
  fmt::print("{:<7} {:<9} {:>9} {:>9} {:>9}  {}\n", "site", "lane", "let out", "kept", "missing", "policy");
  for (const auto& site : answer.at("sites")) {
    for (const auto& lane : site.at("lanes")) {
      fmt::print("{:<7} {:<9} {:>9} {:>9} {:>9}  {}\n", site.value("site", ""), lane.value("lane", ""), lane.value("events", 0),
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

}  // namespace

void AddRelayCommand(CLI::App& program, int& exit_code) {
  auto* relay = program.add_subcommand("relay", "what left the sites, what stayed, and why");
  relay->require_subcommand(1);
  relay->footer(
      "Example:\n  edgewise relay status --hub 127.0.0.1:8080\n  edgewise relay audit --state build/flights --denied\n"
      "  edgewise relay flush --address 127.0.0.1:8101");
  AddRelayRunCommand(*relay, exit_code);
  const auto choice = std::make_shared<Choice>();  // lives as long as the commands
  auto* status = Add(*relay, exit_code, "status", "events let out and kept back, by site and lane", Compliance, choice);
  AddAddress(*status, "--hub", choice->hub, "host:port of the hub")->capture_default_str();
  status->add_flag("--json", choice->json, "print JSON");
  status->footer("Example:\n  edgewise relay status --hub 127.0.0.1:8080");
  auto* audit = Add(*relay, exit_code, "audit", "each decision about an event, from the audit files at the sites", Audit, choice);
  audit->add_option("--state", choice->state, "the state folder of edgewise up")->required();
  audit->add_flag("--json", choice->json, "print the audit lines as they are: JSON lines");
  audit->add_flag("--denied", choice->denied, "only of events that stayed");
  audit->footer("Example:\n  edgewise relay audit --state build/flights --denied");
  auto* flush = Add(*relay, exit_code, "flush", "judge and send now what a site has derived", Flush, choice);
  AddAddress(*flush, "--address", choice->address, "host:port of the site")->required();
  flush->add_flag("--json", choice->json, "print JSON");
  flush->footer("Example:\n  edgewise relay flush --address 127.0.0.1:8101");
}

}  // namespace edgewise
