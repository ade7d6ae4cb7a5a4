#include "demo/story.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "demo/memory_watch.h"
#include "demo/replay.h"

namespace edgewise::demo {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kZone = "America/New_York";
constexpr std::string_view kModel = "delay";

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Result<std::string> Story::Run(std::vector<std::string> arguments, const std::vector<int>& good) const {
  arguments.insert(arguments.begin(), OwnProgram());
  return RunProgram({.command = std::move(arguments), .environment = {"OMP_WAIT_POLICY=passive"}, .log = options_.folder / "commands.log"},
                    good);
}

Result<std::string> Story::Get(const std::string& address, const std::string& target) const {
  net::HttpClient client(net::Address{address});
  EDGEWISE_ASSIGN(auto answer,
                  client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(std::chrono::minutes(1))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), fmt::format("{}: {}", target, answer.body));
  return std::move(answer.body);
}

std::vector<std::string> Story::HistoryFiles() const {
  std::vector<std::string> files;
  for (const auto& site : traffic_->sites()) files.push_back(options_.folder / "history" / (site + ".jsonl.zst"));
  return files;
}

Result<void> Story::WriteConfiguration() {
  EDGEWISE_TRY(SystemFiles().MakeDirs(options_.folder));
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(options_.folder / "planes.csv", traffic_->planes_csv()));
  const auto example = std::filesystem::absolute(options_.example).string();
  std::string text = fmt::format(
      "# Written by `edgewise demo`; the same processes run with: edgewise up -c THIS FILE\n"
      "state = \"state\"\nfeatures = \"{0}/features.toml\"\nrules = \"{0}/rules.toml\"\npolicy = \"{0}/policy.toml\"\nreplay = true\n\n"
      "[tables.planes]\nfile = \"planes.csv\"\nkey = \"tailnum\"\ncolumns = [\"year\", \"seats\"]\n\n"
      "[hub]\naddress = \"127.0.0.1:0\"\n\n[registry]\naddress = \"127.0.0.1:0\"\n\n",
      example);
  for (const auto& site : traffic_->sites()) text += fmt::format("[[site]]\nname = \"{}\"\naddress = \"127.0.0.1:0\"\n\n", site);
  text += fmt::format(
      "[improve]\nmodel = \"{}\"\nfirst = \"2013-05-01\"\nlast = \"2013-12-01\"\nsamples_after = \"2013-03-31\"\nhistory = [", kModel);
  for (const auto& site : traffic_->sites()) text += fmt::format("\"history/{}.jsonl.zst\", ", site);
  text +=
      "]\n\n[[improve.extra]]\non = \"2013-08-01\"\nname = \"hardest\"\nselect = \"hardest:0.1\"\nhead_to_head = true\n\n"
      "[[improve.extra]]\non = \"2013-11-01\"\nname = \"last-90-days\"\nselect = \"last-days:90\"\nhead_to_head = true\n";
  return SystemFiles().ReplaceDurably(options_.folder / "edgewise.toml", text);
}

/// January to March as the data scientist has them: a dump of each site's records, made into samples by an ordinary command.
Result<void> Story::MakeHistory() {
  const auto folder = options_.folder / "history";
  EDGEWISE_TRY(SystemFiles().MakeDirs(folder));
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(kZone));
  const auto until = zone.FromCivil({.year = 2013, .month = 4, .day = 1});
  for (std::size_t site = 0; site < traffic_->sites().size(); ++site) {
    const auto& name = traffic_->sites()[site];
    const auto dump = folder / (name + ".jsonl");
    std::ofstream out(dump, std::ios::binary);
    std::string line;
    const auto happenings = traffic_->of(site);
    for (std::size_t place = 0; place < happenings.size() && happenings[place].at < until; ++place) {
      const bool score = happenings[place].kind == Kind::kScore;
      line.clear();
      traffic_->Render(site, place, line);
      out << (score ? R"({"score":")" : R"({"stream":")") << (score ? kModel : StreamOf(happenings[place].kind)) << "\","
          << std::string_view(line).substr(1) << '\n';
    }
    out.close();
    if (!out) return Fail(Code::kResourceExhausted, fmt::format("{} cannot be written; is the disk full?", dump.string()));
    EDGEWISE_TRY(Run({"train", "samples", "-c", options_.folder / "edgewise.toml", "--site", name, "--records", dump, "--until",
                      "2013-04-01", "-o", folder / (name + ".jsonl.zst")}));
    std::filesystem::remove(dump);
  }
  return {};
}

Result<void> Story::StartUp() {
  EDGEWISE_ASSIGN(auto up, Child::Start({.command = {OwnProgram(), "up", "--json", "-c", options_.folder / "edgewise.toml"},
                                         .environment = {},
                                         .log = options_.folder / "up.log"}));
  const auto line = up.ReadLine();
  if (!line) return Fail(Code::kInternal, fmt::format("edgewise up did not start; {} says why", (options_.folder / "up.log").string()));
  const auto addresses = json::parse(*line, nullptr, false);
  if (!addresses.is_object()) return Fail(Code::kInternal, "edgewise up said: " + *line);
  hub_ = addresses.at("hub");
  registry_ = addresses.at("registry");
  for (const auto& site : traffic_->sites()) sites_.push_back(addresses.at("sites").at(site));
  up_.emplace(std::move(up));
  return {};
}

Result<void> Story::Deploy(const std::string& version, const std::string& until, const std::string& site, const std::string& reason) {
  const std::string model = options_.folder / "models" / version, image = options_.folder / "images" / version;
  std::vector<std::string> fit = {"train", "fit", "-c", options_.folder / "edgewise.toml", "--version", version, "--until",
                                  until,   "-o",  model};
  for (const auto& file : HistoryFiles()) fit.insert(fit.end(), {"--history", file});
  if (!site.empty()) fit.insert(fit.end(), {"--site", site});
  EDGEWISE_TRY(Run(fit));
  EDGEWISE_ASSIGN(const auto packed, Run({"pack", model, "-o", image, "--tag", version, "--json"}));
  const auto digest = json::parse(packed, nullptr, false).value("digest", "");
  EDGEWISE_TRY(Run({"push", image, fmt::format("{}/{}:{}", registry_, kModel, version), "--tag", version}));
  EDGEWISE_TRY(Run({"deploy", "--hub", hub_, "--model", fmt::format("{0}={0}@{1}", kModel, digest), "--version", version, "--decision",
                    version, "--reason", reason, "--card", model + "/model.json", "--wait"}));
  options_.say(fmt::format("  {}: {} is live at all sites", until, version));
  return {};
}

Result<void> Story::WaitUntilSettled(EventTime moment) {
  const auto deadline = Deadline::After(std::chrono::minutes(15));
  while (true) {
    EDGEWISE_ASSIGN(const auto text, Get(hub_, "/api/timeline"));
    const auto timeline = json::parse(text, nullptr, false);
    EDGEWISE_ASSIGN(const auto settled, ParseTime(timeline.value("settled", "")));
    if (settled >= moment) {
      for (const auto& step : timeline.at("steps")) {
        if (step.value("kind", "") == "challenge" && ParseTime(step.value("at", "")).value_or(EventTime{}) == moment)
          options_.say("    " + step.value("text", "") + ": " + step.value("outcome", ""));
      }
      return {};
    }
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "the hub does not finish its month; GET /api/timeline shows what it does");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<void> Story::Replay(Report& report) {
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(kZone));
  const auto month = [&](int number) { return zone.MonthStart(zone.FromCivil({.year = 2013, .month = 1, .day = 1}), number - 1); };
  std::vector<std::unique_ptr<SiteReplay>> replays;
  for (std::size_t site = 0; site < sites_.size(); ++site) {
    replays.push_back(std::make_unique<SiteReplay>(
        *traffic_, SiteReplay::Options{.address = {sites_[site]}, .site = site, .score_from = month(2), .model = std::string(kModel)}));
  }
  for (int number = 2; number <= 13; ++number) {
    const auto until =
        number == 13 ? month(13) + std::chrono::hours(4 * 24) : month(number);  // so that the last labels come, or never will
    const auto start = Clock::now();
    std::vector<Result<void>> results(replays.size());
    {
      std::vector<std::jthread> clients;
      for (std::size_t i = 0; i < replays.size(); ++i) clients.emplace_back([&, i] { results[i] = replays[i]->RunUntil(until); });
    }
    for (const auto& result : results) EDGEWISE_TRY(result);
    report.serving_seconds += SecondsSince(start);
    report.records = report.scored = 0;
    for (const auto& replay : replays) report.records += replay->counts().records;
    options_.say(
        fmt::format("  {} told: {} records so far, {:.0f} s", zone.Date(until).substr(0, 7), report.records, report.serving_seconds));
    EDGEWISE_TRY(WaitUntilSettled(until));
    if (number == 2) EDGEWISE_TRY(Deploy("pilot", "2013-02-01", traffic_->sites()[0], "January of one site"));
    if (number == 4) EDGEWISE_TRY(Deploy("frozen", "2013-04-01", "", "January to March of three sites"));
  }
  return {};
}

Result<Report> Story::Tell() {
  const auto start = Clock::now();
  if (std::filesystem::exists(State())) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("{} holds an earlier demo; start over with: edgewise demo --fresh", options_.folder.string()));
  }
  Report report;
  report.data = options_.data;
  report.flights = traffic_->truth().size();
  MemoryWatch memory;
  EDGEWISE_TRY(WriteConfiguration());
  options_.say("Making January to March into samples, as the data scientist has them");
  EDGEWISE_TRY(MakeHistory());
  options_.say("Starting hub, registry and three sites: edgewise up");
  EDGEWISE_TRY(StartUp());
  options_.say("Telling the year");
  EDGEWISE_TRY(Replay(report));
  options_.say("Reading back what came of it");
  EDGEWISE_TRY(Judge(report));
  const auto peaks = memory.peaks();
  report.pss_mb_serving = peaks.serving_mb;
  report.pss_mb_peak = peaks.all_mb;
  report.seconds = SecondsSince(start);
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(options_.folder / "report.json", ToJson(report)));
  return report;
}

}  // namespace edgewise::demo
