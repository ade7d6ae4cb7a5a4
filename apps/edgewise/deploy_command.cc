#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "commands.h"
#include "deploy/desired_state.h"
#include "net/http.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Choice {
  std::string hub, model, version, decision = "deployed", reason, card;
  std::vector<std::string> sites;
  bool wait = false, as_json = false;
  int seconds = 120;
};

Result<json> Ask(net::HttpClient& hub, std::string method, std::string target, std::string body = "") {
  EDGEWISE_ASSIGN(const auto answer, hub.Send({.method = std::move(method), .target = target, .headers = {}, .body = std::move(body)},
                                              Deadline::After(std::chrono::seconds(30))));
  if (answer.status >= 300) return Fail(net::CodeOf(answer.status), fmt::format("{}: {}", target, answer.body));
  auto read = json::parse(answer.body, nullptr, false);
  if (read.is_discarded()) return Fail(Code::kUnavailable, target + ": the answer is no JSON; is this a hub?");
  return read;
}

/// "delay=repository@sha256:..."
Result<deploy::DesiredModel> ReadModel(const Choice& choice) {
  const auto equals = choice.model.find('='), at = choice.model.find('@');
  if (equals == std::string::npos || at == std::string::npos || at < equals) {
    return Fail(Code::kInvalidArgument, fmt::format("--model \"{}\" must be like delay=delay@sha256:...", choice.model));
  }
  EDGEWISE_ASSIGN(const auto digest, Digest::Parse(choice.model.substr(at + 1)));
  return deploy::DesiredModel{choice.model.substr(0, equals), choice.model.substr(equals + 1, at - equals - 1), digest, choice.version};
}

bool Chosen(const Choice& choice, const json& site) {
  return choice.sites.empty() || std::ranges::find(choice.sites, site.value("site", "")) != choice.sites.end();
}

/// Whether a site runs `number`; why not yet, into `trouble`.
bool Applied(const json& site, std::uint64_t number, std::string& trouble) {
  const auto status = site.value("status", json());
  if (status.is_object() && status.value("applied", std::uint64_t{0}) >= number) return true;
  trouble = site.value("site", "") + " has not taken it over yet";
  if (!status.is_object()) return false;
  for (const auto& model : status.value("models", json::array())) {
    if (!model.value("reason", "").empty()) trouble = fmt::format("{}: {}", site.value("site", ""), model.value("reason", ""));
  }
  return false;
}

Result<void> Wait(const Choice& choice, net::HttpClient& hub, std::uint64_t number) {
  const auto deadline = Deadline::After(std::chrono::seconds(choice.seconds));
  while (true) {
    EDGEWISE_ASSIGN(const auto answer, Ask(hub, "GET", "/api/sites"));
    std::string trouble;
    bool all = true;
    for (const auto& site : answer.at("sites")) all = all && (!Chosen(choice, site) || Applied(site, number, trouble));
    if (all) return {};
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, trouble);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Result<void> Register(const Choice& choice, net::HttpClient& hub, const deploy::DesiredModel& model) {
  json entry = {{"version", choice.version},
                {"digest", model.digest.ToString()},
                {"repository", model.repository},
                {"decision", choice.decision},
                {"reason", choice.reason}};
  if (!choice.card.empty()) {
    EDGEWISE_ASSIGN(entry["card"], SystemFiles().Read(choice.card));
  }
  EDGEWISE_ASSIGN(const auto done, Ask(hub, "POST", "/api/models", entry.dump()));
  return done.is_object() ? Result<void>() : Fail(Code::kUnavailable, "the hub did not take the model");
}

Result<void> Deploy(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto model, ReadModel(choice));
  net::HttpClient hub(net::Address{choice.hub});
  EDGEWISE_ASSIGN(const auto answer, Ask(hub, "GET", "/api/sites"));
  std::uint64_t number = 0;
  std::vector<std::string> sites;
  for (const auto& site : answer.at("sites")) {
    if (!Chosen(choice, site)) continue;
    sites.push_back(site.at("site"));
    const auto desired = site.value("desired", json());
    if (desired.is_object()) number = std::max(number, desired.value("number", std::uint64_t{0}));
  }
  if (sites.empty()) return Fail(Code::kNotFound, "the hub knows no such site; edgewise status shows those it knows");
  EDGEWISE_TRY(Register(choice, hub, model));
  const auto document = deploy::ToJson({.number = ++number, .models = {model}, .policy = {}});
  for (const auto& site : sites) EDGEWISE_TRY(Ask(hub, "PUT", fmt::format("/api/sites/{}/desired", site), document));
  if (choice.wait) EDGEWISE_TRY(Wait(choice, hub, number));
  if (choice.as_json) {
    fmt::print("{}\n", json{{"number", number}, {"sites", sites}, {"digest", model.digest.ToString()}}.dump());
  } else {
    fmt::print("{} {} at {} sites as number {}\n", choice.version, choice.wait ? "is live" : "is wanted", sites.size(), number);
  }
  return {};
}

}  // namespace

void AddDeployCommand(CLI::App& program, int& exit_code) {
  auto* deploy = program.add_subcommand("deploy", "tell sites which version of a model to run");
  deploy->footer("Example:\n  edgewise deploy --hub 127.0.0.1:8080 --model delay=delay@sha256:... --version pilot --wait");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  deploy->add_option("--hub", choice->hub, "host:port of the hub")->required();
  deploy->add_option("--site", choice->sites, "these sites only; else all that the hub knows");
  deploy->add_option("--model", choice->model, "NAME=REPOSITORY@DIGEST")->required();
  deploy->add_option("--version", choice->version, "label for people")->required();
  deploy->add_option("--decision", choice->decision, "how it came to be live: pilot, frozen, ...");
  deploy->add_option("--reason", choice->reason, "one sentence for people");
  deploy->add_option("--card", choice->card, "its model.json: lets the hub trace scores to training data");
  deploy->add_flag("--wait", choice->wait, "until every site runs it");
  deploy->add_option("--timeout", choice->seconds, "seconds to wait");
  deploy->add_flag("--json", choice->as_json, "print JSON");
  deploy->callback([choice, &exit_code] {
    if (const auto done = Deploy(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
