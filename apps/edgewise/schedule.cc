#include "schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/deadline.h"
#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "deploy/desired_state.h"
#include "example.h"

namespace edgewise {
namespace {

using nlohmann::json;

constexpr std::string_view kMonth = "improve";  // the timeline's kind of a month's work

json Parse(const std::string& text) { return ParseJson<json>(text); }

/// A member of that type, or nothing: these documents come from other processes.
std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
/// "refused: why", also where the reason says so itself.
std::string Outcome(const std::string& decision, const std::string& reason) {
  return reason.starts_with(decision) ? reason : decision + ": " + reason;
}

bool Flag(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

void Nap() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

}  // namespace

Schedule::Schedule(Options options, TimeZone zone, EventTime next, EventTime end, hub::Fleet& fleet, hub::Timeline& timeline)
    : options_(std::move(options)), zone_(std::move(zone)), next_(next), end_(end), fleet_(&fleet), timeline_(&timeline) {}

Result<Schedule> Schedule::Make(Options options, hub::Fleet& fleet, hub::Timeline& timeline) {
  EDGEWISE_ASSIGN(auto zone, TimeZone::Load(options.zone));
  EDGEWISE_ASSIGN(auto next, ReadMoment(options.plan.first, zone));
  auto end = EventTime{std::numeric_limits<std::int64_t>::max()};
  if (!options.plan.last.empty()) {
    EDGEWISE_ASSIGN(end, ReadMoment(options.plan.last, zone));
  }
  for (const auto& step : timeline.Steps()) {
    if (step.kind == kMonth && step.state == "done") next = std::max(next, zone.MonthStart(step.at, 1));
  }
  return Schedule(std::move(options), std::move(zone), next, end, fleet, timeline);
}

/// Everything before this moment has come back from every site.
std::optional<EventTime> Schedule::Drained() const {
  std::optional<EventTime> least;
  for (const auto& site : fleet_->Sites()) {
    if (!site.drained) return std::nullopt;
    least = std::min(least.value_or(*site.drained), *site.drained);
  }
  return least;
}

void Schedule::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto drained = Drained();
    if (drained && *drained >= next_ && next_ <= end_) {
      if (const auto done = Month(next_, stop); !done) log::Warn("hub: the month's improvement: {}", done.error().message);
      if (stop.stop_requested()) return;
      next_ = zone_.MonthStart(next_, 1);
      continue;
    }
    if (drained) timeline_->Settle(*drained);
    Nap();
  }
}

Result<void> Schedule::Month(EventTime start, const std::stop_token& stop) {
  const auto date = zone_.Date(start);
  EDGEWISE_ASSIGN(const auto month, timeline_->Begin(start, std::string(kMonth), fmt::format("challengers of {}", date)));
  std::string trouble;
  const auto run = [&](const std::string& name, const std::string& select, bool head_to_head) {
    ChallengePlan plan{.version = date.substr(0, 7) + (name.empty() ? "" : "-" + name),
                       .until = date,
                       .select = select,
                       .head_to_head = head_to_head,
                       .champion = {},
                       .out = {}};
    plan.out = options_.folder / plan.version;
    if (const auto done = Challenge(std::move(plan), start, stop); !done) trouble = done.error().message;
  };
  for (const auto& extra : options_.plan.extras) {
    if (extra.on == date && !stop.stop_requested()) run(extra.name, extra.select, extra.head_to_head);
  }
  if (!stop.stop_requested()) run("", "all", false);
  if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped");          // shown as failed, and done again, after a restart
  EDGEWISE_TRY(timeline_->End(month, true, trouble.empty() ? "done" : trouble));  // a month that failed is not tried for ever
  return {};
}

Result<std::filesystem::path> Schedule::ChampionCard() const {
  for (const auto& site : fleet_->Sites()) {
    const auto desired = deploy::DesiredFromJson(site.desired);
    if (!desired) continue;
    for (const auto& model : desired->models) {
      const auto known = fleet_->FindModel(model.digest.ToString());
      if (model.name != options_.plan.model || !known || !known->card) continue;
      EDGEWISE_TRY(SystemFiles().MakeDirs(options_.folder));
      const auto file = options_.folder / "champion.json";
      EDGEWISE_TRY(SystemFiles().ReplaceDurably(file, train::ToJson(*known->card)));
      return file;
    }
  }
  return Fail(Code::kFailedPrecondition,
              fmt::format("no model \"{}\" with a registered card is live; deploy one with --card", options_.plan.model));
}

/// Whether the timeline holds a step that was done, with an outcome that begins so.
bool Schedule::Ended(std::string_view kind, const std::string& text, EventTime at, std::string_view outcome) const {
  return std::ranges::any_of(timeline_->Steps(), [&](const hub::TimelineStep& step) {
    return step.kind == kind && step.text == text && step.at == at && step.state == "done" && step.outcome.starts_with(outcome);
  });
}

Result<void> Schedule::Challenge(ChallengePlan plan, EventTime at, const std::stop_token& stop) {
  const auto text = fmt::format("{} (learns from: {})", plan.version, plan.select);
  if (Ended("challenge", text, at, "refused")) return {};
  if (Ended("challenge", text, at, "promoted")) {  // decided before the hub stopped; deciding again would compare the model with itself
    EDGEWISE_ASSIGN(const auto digest, options_.publish(plan.out, plan.version));
    return RollOut(plan, digest, at, stop);
  }
  EDGEWISE_ASSIGN(plan.champion, ChampionCard());
  EDGEWISE_ASSIGN(const auto step, timeline_->Begin(at, "challenge", text));
  const auto fail = [&](const Error& error) {
    (void)timeline_->End(step, false, error.message);
    return std::unexpected(error);
  };
  if (const auto ran = options_.challenge(plan, stop); !ran) return fail(ran.error());
  const auto written = SystemFiles().Read(plan.out / "decision.json");
  if (!written) return fail(written.error());
  const auto decision = Parse(*written);
  if (!decision.is_object()) return fail({Code::kDataLoss, "decision.json is no JSON object"});
  if (Flag(decision, "promote")) {
    const auto promoted = Promote(plan, *written, step, at, stop);
    return promoted ? Result<void>() : fail(promoted.error());
  }
  const json entry = {{"version", plan.version}, {"digest", Text(decision, "challenger_onnx")}, {"repository", ""},
                      {"decision", "refused"},   {"reason", Text(decision, "reason")},          {"gate", decision}};
  if (const auto kept = fleet_->RegisterModel(entry.dump()); !kept) return fail(kept.error());
  return timeline_->End(step, true, Outcome("refused", Text(decision, "reason")));
}

Result<void> Schedule::Promote(const ChallengePlan& plan, const std::string& decision_text, std::uint64_t step, EventTime at,
                               const std::stop_token& stop) {
  const auto decision = Parse(decision_text);
  EDGEWISE_ASSIGN(const auto digest, options_.publish(plan.out, plan.version));
  EDGEWISE_ASSIGN(const auto card, SystemFiles().Read(plan.out / "model.json"));
  const auto reason = Text(decision, "reason");
  const json entry = {{"version", plan.version},
                      {"digest", digest.ToString()},
                      {"repository", options_.plan.model},
                      {"card", card},
                      {"decision", "promoted"},
                      {"reason", reason},
                      {"gate", decision}};
  EDGEWISE_TRY(fleet_->RegisterModel(entry.dump()));
  EDGEWISE_TRY(timeline_->End(step, true, Outcome("promoted", reason)));
  return RollOut(plan, digest, at, stop);
}

Result<void> Schedule::RollOut(const ChallengePlan& plan, const Digest& digest, EventTime at, const std::stop_token& stop) {
  const auto text = fmt::format("{} to all sites", plan.version);
  if (Ended("rollout", text, at, "")) return {};
  EDGEWISE_ASSIGN(const auto rollout, timeline_->Begin(at, "rollout", text));
  std::uint64_t number = 0;
  const auto sites = fleet_->Sites();
  for (const auto& site : sites) {
    if (const auto desired = deploy::DesiredFromJson(site.desired)) number = std::max(number, desired->number);
    number = std::max(number, site.applied);  // a hub that was built anew knows less than its sites
  }
  ++number;
  for (const auto& site : sites) {
    const auto present = deploy::DesiredFromJson(site.desired).value_or(deploy::DesiredState());
    auto wanted = deploy::WithModel(present, {options_.plan.model, options_.plan.model, digest, plan.version});
    wanted.number = number;
    EDGEWISE_TRY(fleet_->SetDesired(site.site, deploy::ToJson(wanted)));
  }
  const auto live = WaitForSites(number, stop);
  EDGEWISE_TRY(timeline_->End(rollout, live.has_value(), live ? "live at all sites" : live.error().message));
  return live;
}

Result<void> Schedule::WaitForSites(std::uint64_t number, const std::stop_token& stop) const {
  const auto deadline = Deadline::After(std::chrono::minutes(10));
  while (!stop.stop_requested()) {
    std::string waiting;
    for (const auto& site : fleet_->Sites()) {
      if (site.applied < number) waiting = site.site;
    }
    if (waiting.empty()) return {};
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("{} does not run it; its status says why", waiting));
    Nap();
  }
  return Fail(Code::kUnavailable, "stopped");
}

}  // namespace edgewise
