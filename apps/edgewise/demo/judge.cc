// The second half of the story: what came of the year, read back at the sinks.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "demo/sinks.h"
#include "demo/story.h"

namespace edgewise::demo {
namespace {

using nlohmann::json;

constexpr std::size_t kTraced = 60;
constexpr double kReadingShare = 0.04, kBacktestShare = 0.03;  // of the whole time, about
constexpr std::string_view kTestFrom = "2013-07-01", kTestUntil = "2014-01-01";

std::int32_t Day(std::string_view date) {
  return static_cast<std::int32_t>(ParseTime(std::string(date) + "T00:00:00Z").value_or(EventTime{}).ms / 86'400'000);
}
std::string Date(std::int32_t day) { return FormatTime(EventTime{day * 86'400'000LL}).substr(0, 10); }

/// How one site's day went.
struct DayTruth {
  double flights = 0, cancelled = 0, departed = 0, delay = 0;
  bool Severe() const { return cancelled / flights >= 0.15 || Mean() >= 60; }
  bool Disrupted() const { return cancelled / flights >= 0.10 || Mean() >= 45; }
  double Mean() const { return departed > 0 ? delay / departed : 0; }
};

/// An insight is whole when each model behind it is known with what it learned from: history, or objects that the hub has, bit for bit,
/// whose rows lead back to that model.
bool Whole(const json& trace, std::string& sample, std::string& model_digest) {
  if (!trace.is_object() || trace["events"].empty() || trace["scores"].empty() || trace["models"].empty()) return false;
  for (const auto& model : trace["models"]) {
    if (model["objects"].empty()) return false;
    for (const auto& object : model["objects"]) {
      if (object.value("name", "").starts_with("history/")) continue;
      if (!object.value("stored", false) || !object.value("verified", false) || object["samples"].empty()) return false;
      sample = object["samples"][0];
      model_digest = model.value("digest", "");
    }
  }
  return true;
}

}  // namespace

Result<void> Story::Judge(Report& report) {
  EDGEWISE_TRY(ReadSinks(report));
  EDGEWISE_TRY(AskHub(report));
  Advance(kReadingShare);
  return Backtest(report);
}

Result<void> Story::ReadSinks(Report& report) {
  LeakSearch leaks(traffic_->forbidden());
  EDGEWISE_ASSIGN(auto year, ReadStore(State() / "store", leaks));
  EDGEWISE_TRY(SearchFiles(State() / "registry", leaks));
  EDGEWISE_TRY(SearchFiles(State() / "hub", leaks));  // challenges: models, decisions, logs
  for (const auto& file : std::filesystem::directory_iterator(State())) {
    if (!file.is_regular_file()) continue;  // the hub's database
    EDGEWISE_ASSIGN(const auto bytes, SystemFiles().Read(file.path()));
    leaks.Search(file.path().filename().string(), bytes);
  }
  for (const auto* log : {"up.log", "commands.log"}) leaks.Search(log, SystemFiles().Read(options_.folder / log).value_or(""));
  for (const auto& site : up_->sites) {
    for (const auto* target : {"/metrics", "/status", "/streams"}) {
      EDGEWISE_ASSIGN(const auto answer, Get(site, target));
      leaks.Search(target, answer);
    }
    EDGEWISE_ASSIGN(const auto text, Get(site, "/status"));
    const auto status = json::parse(text, nullptr, false);  // named: a loop over a temporary's part outlives it
    for (const auto& [lane, appended] : status.at("queue").items()) report.appended += appended.get<std::uint64_t>();
  }
  report.stored = year.events;
  report.allowed = year.events;
  report.denied = year.denied;
  report.lost = std::max(year.lost, report.appended - std::min(report.appended, year.events + year.denied));
  report.doubled = year.doubled;
  report.leak_bits_max = year.leak_bits_max;
  report.quarantined = year.quarantined;
  report.leaks = leaks.leaks().size();
  for (const auto& leak : leaks.leaks()) report.leak_places.push_back(fmt::format("{} ({})", leak.where, leak.encoding));
  report.searched_bytes = leaks.searched_bytes();
  report.leak_patterns = leaks.patterns();
  JudgeDisruptions(year.disrupted, report);
  return TraceLineage(year.insights, report);
}

void Story::JudgeDisruptions(const std::set<std::pair<std::string, std::string>>& alarmed, Report& report) const {
  std::map<std::pair<std::string, std::string>, DayTruth> days;
  for (const auto& flight : traffic_->truth()) {
    if (flight.day < Day("2013-01-29")) continue;  // 28 days are needed to know what is usual
    auto& day = days[{traffic_->sites()[flight.site], Date(flight.day)}];
    ++day.flights;
    day.cancelled += flight.cancelled ? 1 : 0;
    if (flight.dep_delay) {
      ++day.departed;
      day.delay += static_cast<double>(*flight.dep_delay);
    }
  }
  for (const auto& [name, day] : days) {
    const bool alarm = alarmed.contains(name);
    report.severe_total += day.Severe() ? 1U : 0U;
    report.severe_found += day.Severe() && alarm ? 1U : 0U;
    report.false_days += alarm && !day.Disrupted() ? 1U : 0U;
    if (alarm || day.Severe()) report.days.push_back({name.first, name.second, day.Severe(), alarm});
  }
}

Result<void> Story::TraceLineage(const std::vector<LineageId>& insights, Report& report) {
  const auto step = std::max<std::size_t>(insights.size() / kTraced, 1);
  for (std::size_t i = step / 2; i < insights.size(); i += step) {
    EDGEWISE_ASSIGN(const auto text, Get(up_->hub, fmt::format("/api/lineage/{}?samples=1", insights[i].ToString())));
    std::string sample, model;
    bool whole = Whole(json::parse(text, nullptr, false), sample, model);
    if (whole && !sample.empty()) {
      EDGEWISE_ASSIGN(const auto back, Get(up_->hub, "/api/lineage/" + sample));
      const auto trace = json::parse(back, nullptr, false);
      whole = std::ranges::any_of(trace.at("learned_by"), [&](const auto& learned) { return learned.value("digest", "") == model; });
    }
    ++report.lineage_checked;
    report.lineage_broken += whole ? 0U : 1U;
  }
  return {};
}

Result<void> Story::AskHub(Report& report) {
  const auto deadline = Deadline::After(std::chrono::minutes(2));
  while (true) {
    EDGEWISE_ASSIGN(const auto text, Get(up_->hub, "/api/overview"));
    const auto totals = json::parse(text, nullptr, false).at("totals");
    report.indexed = totals.at("indexed").get<std::uint64_t>();
    if (report.indexed >= report.stored || deadline.Expired()) {
      report.doubled += totals.at("doubled").get<std::uint64_t>();
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EDGEWISE_ASSIGN(const auto text, Get(up_->hub, "/api/models"));
  const auto answer = json::parse(text, nullptr, false);
  for (const auto& model : answer.at("models")) {
    ReportedModel reported{model.value("version", ""), model.value("digest", ""), model.value("decision", ""), model.value("reason", "")};
    const auto training = model.value("training", json::object()), gate = model.value("gate", json::object());
    const auto measured = gate.is_object() && gate.contains("challenger") ? gate["challenger"] : training;
    reported.rows = training.value("rows", gate.is_object() ? gate.value("samples", std::uint64_t{0}) : 0);
    if (gate.is_object()) {
      reported.gain = gate.value("gain", 0.0);
      reported.low = gate.value("low", 0.0);
      reported.high = gate.value("high", 0.0);
    }
    reported.auc = measured.value("auc", 0.0);
    reported.logloss = measured.value("logloss", 0.0);
    report.models.push_back(std::move(reported));
  }
  return {};
}

Result<std::vector<JudgedRow>> Story::ScoreAgain(const std::filesystem::path& model, const std::string& from, const std::string& until) {
  const auto file = options_.folder / "replayed.csv";
  EDGEWISE_TRY(scientist_.Run({"score", "replay", "--state", State(), "--model", model, "--from", from, "--until", until, "-o", file}));
  return ReadReplayed(SystemFiles(), file);
}

/// The loop again, as if each site had let out one sample in ten: its gate, its monthly models, tested in the month that they would have
/// served.
Result<std::vector<JudgedRow>> Story::TenPercent() {
  auto live = options_.folder / "models" / "frozen";
  std::vector<JudgedRow> rows;
  for (int month = 5; month <= 12; ++month) {
    const auto date = fmt::format("2013-{:02}-01", month), next = month == 12 ? "2014-01-01" : fmt::format("2013-{:02}-01", month + 1);
    const auto out = options_.folder / "ten-percent" / date;
    std::vector<std::string> command = {"improve",         "challenge",           "--store", State() / "store",
                                        "--champion",      live / "model.json",   "--until", date,
                                        "--samples-after", "2013-03-31",          "--share", "0.1",
                                        "--version",       "ten-percent-" + date, "-o",      out};
    for (const auto& file : scientist_.HistoryFiles()) command.insert(command.end(), {"--history", file});
    EDGEWISE_TRY(scientist_.Run(command, {0, 3}));
    if (std::filesystem::exists(out / "model.onnx")) live = out;
    Advance(kBacktestShare);
    if (month < 7) continue;
    EDGEWISE_ASSIGN(const auto scored, ScoreAgain(live, date, next));
    rows.insert(rows.end(), scored.begin(), scored.end());
  }
  return rows;
}

Result<void> Story::Backtest(Report& report) {
  const auto file = options_.folder / "scores.csv";
  EDGEWISE_TRY(scientist_.Run({"export", "scores", "--state", State(), "-o", file}));
  Say("Scoring July to December again with the pilot and the frozen model");
  EDGEWISE_ASSIGN(const auto exported, ReadExport(SystemFiles(), file, "America/New_York"));
  report.scored = exported.counts.scored;
  report.labelled = exported.counts.labelled;
  report.never_labelled = exported.counts.never;
  report.pending = exported.counts.pending;
  const auto live = Between(exported.rows, Day(kTestFrom), Day(kTestUntil) - 1);
  report.loop = Measure(live);
  EDGEWISE_ASSIGN(const auto pilot, ScoreAgain(options_.folder / "models" / "pilot", std::string(kTestFrom), std::string(kTestUntil)));
  report.pilot = Measure(pilot);
  EDGEWISE_ASSIGN(const auto frozen, ScoreAgain(options_.folder / "models" / "frozen", std::string(kTestFrom), std::string(kTestUntil)));
  report.frozen = Measure(frozen);
  report.loop_minus_frozen = AucGain(live, frozen);
  Say("The same loop once more, as if one sample in ten might leave");
  EDGEWISE_ASSIGN(const auto ten, TenPercent());
  report.loop_10pct = Measure(ten);
  return {};
}

}  // namespace edgewise::demo
