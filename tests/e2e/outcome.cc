#include "outcome.h"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <thread>

#include "base/deadline.h"
#include "base/files.h"
#include "demo/sinks.h"
#include "net/http.h"

namespace edgewise::e2e {
namespace {

using nlohmann::json;
using std::chrono::seconds;

Result<json> Get(const std::string& address, const std::string& target) {
  net::HttpClient client(net::Address{address});
  EDGEWISE_ASSIGN(const auto answer,
                  client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(seconds(60))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), fmt::format("{}: {}", target, answer.body));
  return json::parse(answer.body, nullptr, false);
}

Result<void> AskSites(const demo::Traffic& traffic, const demo::Started& up, Outcome& outcome) {
  for (std::size_t site = 0; site < up.sites.size(); ++site) {
    EDGEWISE_ASSIGN(const auto status, Get(up.sites[site], "/status"));
    auto& counts = outcome.counts[traffic.sites()[site]];
    for (const auto* name : {"records", "scored", "labelled", "never", "pending", "quarantined"}) counts[name] = status.at(name);
    for (const auto& [lane, appended] : status.at("queue").items()) outcome.appended += appended.get<std::uint64_t>();
  }
  return {};
}

/// A model's digest covers the objects that it learned from, with their random lineage ids: two runs agree on its version and its scores.
using Versions = std::map<std::string, std::string>;

std::string WithVersions(std::string text, const Versions& versions) {
  for (const auto& [digest, version] : versions) {
    if (const auto at = text.find(digest); at != std::string::npos) text.replace(at, digest.size(), version);
  }
  return text;
}

Result<void> AskHub(const demo::Started& up, Outcome& outcome, Versions& versions) {
  const auto deadline = Deadline::After(seconds(60));
  while (true) {
    EDGEWISE_ASSIGN(const auto overview, Get(up.hub, "/api/overview"));
    const auto& totals = overview.at("totals");
    outcome.indexed = totals.at("indexed");
    if (outcome.indexed >= outcome.stored) {
      outcome.doubled += totals.at("doubled").get<std::uint64_t>();
      break;
    }
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("{} of {} events indexed", outcome.indexed, outcome.stored));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between two looks
  }
  EDGEWISE_ASSIGN(const auto models, Get(up.hub, "/api/models"));
  for (const auto& model : models.at("models")) {
    outcome.models[model.at("version")] = model.at("decision");
    versions[model.at("digest")] = model.at("version");
  }
  return {};
}

Result<void> ReadScores(const std::filesystem::path& folder, const demo::Scientist& scientist, Outcome& outcome) {
  const auto file = folder / "scores.csv";
  EDGEWISE_TRY(scientist.Run({"export", "scores", "--state", folder / "state", "-o", file}));
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(file));
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // site,carrier,flight,dest,sched_dep_utc,scored_at_utc,model_digest,score,label,label_at_utc,lineage_id
  while (std::getline(lines, line)) {
    std::array<std::string, 11> cells;
    std::istringstream in(line);
    for (auto& cell : cells) std::getline(in, cell, ',');
    const auto flight = fmt::format("{} {} {} {} {}", cells[0], cells[1], cells[2], cells[3], cells[4]);
    const auto what = fmt::format("{} {} {} {} {}", cells[5], cells[6], cells[7], cells[8], cells[9]);
    if (!outcome.scores.emplace(flight, what).second) ++outcome.doubled_scores;
  }
  return {};
}

Result<void> ReadEvents(const std::filesystem::path& folder, const demo::Traffic& traffic, Outcome& outcome) {
  demo::LeakSearch leaks(traffic.forbidden());
  EDGEWISE_ASSIGN(const auto year, demo::ReadStore(folder / "state" / "store", leaks, [&](const event::Event& event) {
                    ++outcome.events[fmt::format("{} {}", event.id.site, event.type)];
                    if (event.type == event::kSampleV1)
                      outcome.samples[fmt::format("{} {}", event.id.site, event.id.sequence)] = FormatTime(event.time) + event.data;
                  }));
  outcome.stored = year.events;
  outcome.denied = year.denied;
  outcome.lost = year.lost;
  outcome.doubled += year.doubled;
  outcome.leaks = leaks.leaks().size();
  return {};
}

}  // namespace

Result<Outcome> ReadOutcome(const std::filesystem::path& folder, const demo::Traffic& traffic, const demo::Scientist& scientist,
                            const demo::Started& up) {
  Outcome outcome;
  EDGEWISE_TRY(AskSites(traffic, up, outcome));
  EDGEWISE_TRY(ReadEvents(folder, traffic, outcome));
  Versions versions;
  EDGEWISE_TRY(AskHub(up, outcome, versions));
  EDGEWISE_TRY(ReadScores(folder, scientist, outcome));
  for (auto* texts : {&outcome.scores, &outcome.samples}) {
    for (auto& [name, text] : *texts) text = WithVersions(std::move(text), versions);
  }
  return outcome;
}

}  // namespace edgewise::e2e
