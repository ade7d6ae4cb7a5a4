#include "killed_year.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/deadline.h"
#include "base/files.h"
#include "processes.h"

namespace edgewise::e2e {
namespace {

using nlohmann::json;
using std::chrono::seconds;

void Nap() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }  // between two looks

bool IsFree(int port) {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(listening);
  return free;
}

/// Below the ports that the system gives to clients: one of those could sit on ours while we are down.
int FreePort() {
  std::random_device random;
  while (true) {
    const int port = 15'000 + static_cast<int>(random() % 15'000);
    if (IsFree(port)) return port;
  }
}

std::uint64_t HappeningsBefore(const demo::Traffic& traffic, EventTime until) {
  std::uint64_t count = 0;
  for (std::size_t site = 0; site < traffic.sites().size(); ++site)
    count += std::ranges::count_if(traffic.of(site), [until](const auto& it) { return it.at < until && it.kind != demo::Kind::kScore; });
  return count;
}

EventTime MonthOf2013(int number) {
  const auto zone = TimeZone::Load(demo::kZone).value();
  return zone.MonthStart(zone.FromCivil({.year = 2013, .month = 1, .day = 1}), number - 1);
}

}  // namespace

KilledYear::KilledYear(const demo::Traffic& traffic, Options options)
    : traffic_(traffic),
      options_(std::move(options)),
      scientist_(traffic_, {.folder = options_.folder, .example = options_.example, .program = options_.program, .stop = {}}),
      random_(options_.seed) {
  Plan();
}

/// Blows fall on the part of the year in which flights are scored.
void KilledYear::Plan() {
  const auto first = HappeningsBefore(traffic_, MonthOf2013(2)) + 10;
  const auto last = HappeningsBefore(traffic_, MonthOf2013(options_.last_month));
  std::uniform_int_distribution<std::uint64_t> moment(first, last);
  for (int i = 0; i < options_.kills.up; ++i) blows_.push_back({moment(random_), false});
  for (int i = 0; i < options_.kills.scorers; ++i) blows_.push_back({moment(random_), true});
  std::ranges::sort(blows_, std::greater(), &Blow::at);
}

/// Applications know where their site is; it must be there again after a restart.
Result<void> KilledYear::FixAddresses() {
  const auto file = options_.folder / "edgewise.toml";
  EDGEWISE_ASSIGN(auto text, SystemFiles().Read(file));
  constexpr std::string_view kAny = "127.0.0.1:0\"";
  for (auto at = text.find(kAny); at != std::string::npos; at = text.find(kAny)) {
    const auto address = fmt::format("127.0.0.1:{}\"", FreePort());
    if (!text.contains(address)) text.replace(at, kAny.size(), address);  // each has one of its own
  }
  return SystemFiles().ReplaceDurably(file, text);
}

Result<void> KilledYear::Restart() {
  EDGEWISE_ASSIGN(auto up, demo::StartUp(options_.program, options_.folder, traffic_.sites()));
  up_.emplace(std::move(up));
  return {};
}

Result<void> KilledYear::KillUp() {
  const auto offspring = OffspringOf(up_->child.pid());
  kill(up_->child.pid(), SIGKILL);
  (void)up_->child.Wait();
  const auto deadline = Deadline::After(seconds(20));
  for (const auto child : offspring) {
    for (; TicksOf(child) >= 0; Nap()) {
      if (deadline.Expired()) return Fail(Code::kInternal, fmt::format("process {} outlives edgewise up", child));
    }
  }
  return Restart();
}

void KilledYear::KillScorer() {
  const auto scorers = OffspringOf(up_->child.pid(), "serve");
  if (scorers.empty()) return;
  kill(scorers[random_() % scorers.size()], SIGKILL);
  ++killed_.scorers;
}

void KilledYear::Told(std::uint64_t happenings) {
  {
    const std::lock_guard lock(mutex_);
    told_ += happenings;
  }
  changed_.notify_all();
}

/// The applications of all sites at the same time, and the blows that are due meanwhile.
Result<void> KilledYear::TellUntil(EventTime until) {
  std::vector<Result<void>> results(applications_.size());
  running_ = applications_.size();
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < applications_.size(); ++i) {
    threads.emplace_back([this, i, until, &results] {
      results[i] = applications_[i]->RunUntil(until);
      if (results[i]) results[i] = applications_[i]->Settle(until);
      {
        const std::lock_guard lock(mutex_);
        --running_;
      }
      changed_.notify_all();
    });
  }
  Result<void> struck;
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    changed_.wait(lock, [this] { return running_ == 0 || (!blows_.empty() && told_ >= blows_.back().at); });
    if (running_ == 0) break;
    const auto blow = blows_.back();
    blows_.pop_back();
    lock.unlock();
    if (blow.scorer) {
      KillScorer();
    } else {
      ++killed_.up;
      if (auto again = KillUp(); !again) struck = std::move(again);
    }
    lock.lock();
  }
  lock.unlock();
  threads.clear();
  EDGEWISE_TRY(struck);  // the reason of what the applications saw
  for (const auto& result : results) EDGEWISE_TRY(result);
  return {};
}

bool KilledYear::Settled(EventTime moment) const {
  net::HttpClient hub(net::Address{up_->hub});
  const auto answer = hub.Send({.method = "GET", .target = "/api/timeline", .headers = {}, .body = {}}, Deadline::After(seconds(10)));
  const auto timeline = answer ? json::parse(answer->body, nullptr, false) : json();
  const auto settled = timeline.is_object() ? ParseTime(timeline.value("settled", "")) : Result<EventTime>(EventTime{});
  return settled.value_or(EventTime{}) >= moment;
}

/// Waits until the training child has used some processor time; false: the month was over first.
Result<bool> KilledYear::StrikeChallenge(EventTime moment) {
  const auto ticks = 1 + static_cast<long>(random_() % 8);
  const auto deadline = Deadline::After(seconds(60));
  for (; !deadline.Expired(); Nap()) {
    const auto children = OffspringOf(up_->child.pid(), "improve");
    if (!children.empty() && TicksOf(children[0]) >= ticks) {
      kill(children[0], SIGKILL);
      return true;
    }
    if (Settled(moment)) return false;
  }
  return Fail(Code::kDeadlineExceeded, "no challenge began");
}

Result<void> KilledYear::SettleAll(EventTime until) {
  for (const auto& application : applications_) EDGEWISE_TRY(application->Settle(until));
  return {};
}

Result<void> KilledYear::WaitUntilSettled(EventTime moment) {
  const auto deadline = Deadline::After(std::chrono::minutes(3));
  for (; !Settled(moment); Nap()) {
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "the hub does not finish its month");
  }
  return {};
}

/// One month is told, then the hub does what is due.
Result<void> KilledYear::Month(int number, EventTime until) {
  EDGEWISE_TRY(TellUntil(until));
  EDGEWISE_TRY(SettleAll(until));  // what a site said before it was killed is not known to the hub any more
  if (number >= 5 && killed_.challenges < options_.kills.challenges) {
    EDGEWISE_ASSIGN(const bool struck, StrikeChallenge(until));
    killed_.challenges += struck ? 1 : 0;
  }
  if (number >= 5 && killed_.months < options_.kills.months) {
    const auto wait = random_() % 400;
    for (const auto deadline = Deadline::After(std::chrono::milliseconds(wait)); !deadline.Expired() && !Settled(until);) Nap();
    EDGEWISE_TRY(KillUp());
    ++killed_.months;
    EDGEWISE_TRY(SettleAll(until));
  }
  EDGEWISE_TRY(WaitUntilSettled(until));
  const auto deploy = [this](const demo::Fit& fit) { return scientist_.Deploy(fit, up_->hub, up_->registry); };
  if (number == 2) return deploy({"pilot", "2013-02-01", traffic_.sites()[0], "January of one site"});
  if (number == 4) return deploy({"frozen", "2013-04-01", "", "January to March of three sites"});
  return {};
}

Result<Outcome> KilledYear::Tell() {
  EDGEWISE_TRY(scientist_.WriteConfiguration());
  EDGEWISE_TRY(FixAddresses());
  EDGEWISE_TRY(scientist_.MakeHistory());
  EDGEWISE_TRY(Restart());
  for (std::size_t site = 0; site < up_->sites.size(); ++site) {
    applications_.push_back(std::make_unique<Application>(
        traffic_,
        Application::Options{
            .site = site, .score_from = MonthOf2013(2), .address = up_->sites[site], .on_told = [this](auto count) { Told(count); }}));
  }
  for (int number = 2; number <= options_.last_month; ++number) EDGEWISE_TRY(Month(number, MonthOf2013(number)));
  const auto end = MonthOf2013(options_.last_month == 12 ? 13 : options_.last_month) + std::chrono::hours(4 * 24);
  EDGEWISE_TRY(Month(0, end));
  for (const auto& application : applications_) {
    killed_.repeated += application->repeated();
    killed_.recognized += application->recognized();
  }
  return ReadOutcome(options_.folder, traffic_, scientist_, *up_);
}

}  // namespace edgewise::e2e
