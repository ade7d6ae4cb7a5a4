#include "demo/story.h"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "demo/memory_watch.h"
#include "demo/replay.h"

namespace edgewise::demo {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

// What share of the time each part takes, about: for the progress alone.
constexpr double kHistoryShare = 0.08, kReplayShare = 0.02, kMonthShare = 0.03;
constexpr auto kMonths = std::to_array<std::string_view>(
    {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"});

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Result<std::string> Story::Get(const std::string& address, const std::string& target) const {
  net::HttpClient client(net::Address{address});
  EDGEWISE_ASSIGN(auto answer,
                  client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(std::chrono::minutes(1))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), fmt::format("{}: {}", target, answer.body));
  return std::move(answer.body);
}

Story::Story(Options options, std::unique_ptr<Traffic> traffic)
    : options_(std::move(options)),
      traffic_(std::move(traffic)),
      scientist_(*traffic_, {.folder = options_.folder, .example = options_.example, .program = OwnProgram(), .stop = options_.stop}) {}

void Story::Say(const std::string& line) { options_.progress->Say(line); }

void Story::Advance(double share) { options_.progress->Reach(reached_ += share); }

/// The words of the challenges of a month, as the hub's timeline has them.
void Story::SayChallenges(const json& timeline, EventTime moment) {
  for (const auto& step : timeline.at("steps")) {
    if (step.value("kind", "") != "challenge" || ParseTime(step.value("at", "")).value_or(EventTime{}) != moment) continue;
    const auto text = step.value("text", ""), outcome = step.value("outcome", "");
    Say(fmt::format("  challenger {}: {}", text.substr(0, text.find(' ')), outcome.substr(0, outcome.find(':'))));
  }
}

Result<void> Story::WaitUntilSettled(EventTime moment) {
  const auto deadline = Deadline::After(std::chrono::minutes(15));
  while (true) {
    EDGEWISE_ASSIGN(const auto text, Get(up_->hub, "/api/timeline"));
    const auto timeline = json::parse(text, nullptr, false);
    EDGEWISE_ASSIGN(const auto settled, ParseTime(timeline.value("settled", "")));
    if (settled >= moment) {
      SayChallenges(timeline, moment);
      return {};
    }
    if (options_.stop.stop_requested()) return Fail(Code::kUnavailable, "stopped");
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "the hub does not finish its month; GET /api/timeline shows what it does");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<void> Story::Deploy(const Fit& fit) {
  EDGEWISE_TRY(scientist_.Deploy(fit, up_->hub, up_->registry));
  Say(fmt::format("  model {} is live at all sites ({})", fit.version, fit.reason));
  return {};
}

/// What all sites hear until then, each from its own applications at the same time.
Result<void> Story::TellUntil(EventTime until, std::vector<std::unique_ptr<SiteReplay>>& replays) {
  std::vector<Result<void>> results(replays.size());
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < replays.size(); ++i) clients.emplace_back([&, i] { results[i] = replays[i]->RunUntil(until); });
  }
  for (const auto& result : results) EDGEWISE_TRY(result);
  return {};
}

Result<void> Story::Replay(Report& report) {
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(std::string(kZone)));
  const auto month = [&](int number) { return zone.MonthStart(zone.FromCivil({.year = 2013, .month = 1, .day = 1}), number - 1); };
  std::vector<std::unique_ptr<SiteReplay>> replays;
  for (std::size_t site = 0; site < up_->sites.size(); ++site) {
    replays.push_back(std::make_unique<SiteReplay>(
        *traffic_,
        SiteReplay::Options{
            .address = {up_->sites[site]}, .site = site, .score_from = month(2), .model = std::string(kModel), .stop = options_.stop}));
  }
  for (int number = 2; number <= 13; ++number) {
    const auto until =
        number == 13 ? month(13) + std::chrono::hours(4 * 24) : month(number);  // so that the last labels come, or never will
    const auto start = Clock::now();
    EDGEWISE_TRY(TellUntil(until, replays));
    report.serving_seconds += SecondsSince(start);
    report.records = 0;
    for (const auto& replay : replays) report.records += replay->counts().records;
    Advance(kReplayShare);
    Say(fmt::format("{} told: {} records so far, {:.0f} s", kMonths[static_cast<std::size_t>(number) - 2], Thousands(report.records),
                    report.serving_seconds));
    EDGEWISE_TRY(WaitUntilSettled(until));
    if (number == 2) EDGEWISE_TRY(Deploy({"pilot", "2013-02-01", traffic_->sites()[0], "January of one site"}));
    if (number == 4) EDGEWISE_TRY(Deploy({"frozen", "2013-04-01", "", "January to March of three sites"}));
    Advance(kMonthShare);
  }
  return {};
}

Result<Report> Story::Tell() {
  const auto start = Clock::now();
  if (std::filesystem::exists(State())) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("{} holds an earlier demo; start over with: {}", options_.folder.string(), options_.start_over));
  }
  Report report;
  report.data = options_.data;
  report.flights = traffic_->truth().size();
  MemoryWatch memory;
  EDGEWISE_TRY(scientist_.WriteConfiguration());
  Say("The data scientist makes January to March into samples");
  EDGEWISE_TRY(scientist_.MakeHistory());
  Advance(kHistoryShare);
  Say("Hub, registry and three sites start: edgewise up");
  EDGEWISE_ASSIGN(auto up, StartUp(OwnProgram(), options_.folder, traffic_->sites()));
  up_.emplace(std::move(up));
  const std::stop_callback end(options_.stop, [pid = up_->child.pid()] { kill(pid, SIGTERM); });
  EDGEWISE_TRY(Replay(report));
  Say("Reading back what came of it, object by object");
  EDGEWISE_TRY(Judge(report));
  const auto peaks = memory.peaks();
  report.pss_mb_serving = peaks.serving_mb;
  report.pss_mb_peak = peaks.all_mb;
  report.seconds = SecondsSince(start);
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(options_.folder / "report.json", ToJson(report)));
  options_.progress->Reach(1);
  return report;
}

}  // namespace edgewise::demo
