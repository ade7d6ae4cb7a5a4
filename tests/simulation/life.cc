#include "life.h"

#include <fmt/format.h>

#include <optional>
#include <random>
#include <set>

#include "base/fake_files.h"
#include "mutants.h"
#include "network.h"
#include "parts.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"

namespace edgewise::simulation {
namespace {

const std::filesystem::path kFile = "/site/queue.db";
const Deadline kNever = Deadline::After(std::chrono::hours(24));
constexpr std::uint64_t kMostRequests = 30;  // of one step: twice what three lanes need for a batch each, and a list

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), store_(random_) {
    (void)disk_.MakeDirs("/site");
    small_ = random_() % 4 == 0;
    drops_ = random_() % 2 == 0;
    if (random_() % 4 == 0) store_.SetPoison([](std::string_view object) { return HoldsMultipleOf(11, object); });
    clock_.SetNow({1'360'350'000'000});
  }

  Outcome Run() {
    for (auto actions = 30 + random_() % 90; actions > 0 && outcome_.broken.empty(); --actions) Act();
    if (outcome_.broken.empty()) Finish();
    return std::move(outcome_);
  }

 private:
  bool Chance(unsigned percent) { return random_() % 100 < percent; }
  template <class T>
  void Note(std::string_view what, const Result<T>& result) {
    Note(what, result ? 0 : static_cast<std::uint64_t>(result.error().code));
  }
  void Note(std::string_view what, std::uint64_t value) {
    for (const char c : what) Mix(static_cast<unsigned char>(c));
    Mix(value);
  }
  void Mix(std::uint64_t value) { outcome_.trace = (outcome_.trace ^ value) * 1099511628211ULL; }
  void Broken(const std::string& what) { outcome_.broken += outcome_.broken.empty() ? what : ""; }

  void Act();
  void Upset();
  bool Up();
  void Down();
  void Append();
  void StepRelay(bool flush);
  void End();
  void SetBack();
  void Rot();
  void Finish();

  std::mt19937_64 random_;
  FakeFiles disk_;
  std::unique_ptr<Files> files_ = WithDefect(disk_);
  FaultyStore store_;
  std::unique_ptr<store::Store> line_ = WithDefect(store_);
  ReplayClock clock_;
  Deadline::Clock::time_point now_{};
  Metrics metrics_;
  bool small_ = false, drops_ = false;

  std::unique_ptr<queue::SqliteQueue> sqlite_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<relay::Relay> relay_;
  std::uint64_t epoch_ = 1;

  std::vector<std::uint64_t> journal_;  // the entry at each position, from 1
  std::uint64_t made_ = 0;              // entries ever
  std::uint64_t appended_ = 0;          // positions that the queue has acknowledged
  std::optional<FakeFiles::Image> backup_;
  std::set<std::size_t> rotten_, records_rotten_;  // pages in which something was flipped; of those, in records alone
  Outcome outcome_;
};

void Life::Act() {
  ++outcome_.actions;
  const auto what = random_() % 100;
  if (what < 42) return Append();
  if (what < 76) return StepRelay(Chance(50));
  what < 82 ? static_cast<void>(now_ += std::chrono::milliseconds(random_() % 9000)) : Upset();
}

/// Something that happens to a site.
void Life::Upset() {
  const auto what = random_() % 22;
  if (what < 4) return End();
  if (what < 9) {
    const bool full = Chance(30);
    const Error error{full ? Code::kResourceExhausted : Code::kUnavailable, "planted"};
    return disk_.FailAfter(random_() % 40, error, static_cast<FakeFiles::Effect>(random_() % 3),
                           Chance(40) ? FakeFiles::Lasts::kUntilMended : FakeFiles::Lasts::kOnce);
  }
  if (what < 11) return disk_.Mend();
  if (what < 13) return store_.SetDown(!store_.down());
  if (what < 15) return store_.SetFaults(static_cast<unsigned>(random_() % 60));
  if (what < 16) return clock_.SetNow({1'360'350'000'000 + static_cast<std::int64_t>(random_() % 1'000'000'000'000)});
  if (what < 17) return Rot();
  if (what == 18) return SetBack();
  if (what > 18) return Rot();
  if (Up()) Note("scrub", sqlite_->Scrub(1 + random_() % 9));
}

/// Starts the site's process if it does not run. False: its disk does not let it.
bool Life::Up() {
  if (relay_) return true;
  auto opened = queue::SqliteQueue::Open(kFile, {.site = std::string(kSite),
                                                 .epoch = epoch_,
                                                 .most_bytes = small_ ? 4000ULL : 1ULL << 30,
                                                 .when_full = drops_ ? queue::WhenFull::kDropOldest : queue::WhenFull::kBlock,
                                                 .files = files_.get()});
  Note("open", opened);
  if (!opened) return false;
  sqlite_ = std::move(*opened);
  queue_ = WithDefect(*sqlite_);
  const auto through = queue_->AppendedThrough();
  Note("through", through);
  if (!through) {
    Down();
    return false;
  }
  if (static_cast<std::uint64_t>(*through) < appended_)
    Broken(fmt::format("entry {} was acknowledged, and the queue goes back to {}", appended_, static_cast<std::uint64_t>(*through)));
  appended_ = static_cast<std::uint64_t>(*through);
  relay::Options options{.site = std::string(kSite), .epoch = epoch_, .folder = "/site/relay", .max_events = 1 + random_() % 12};
  options.clock = &clock_;
  options.now = [this] { return now_; };
  relay_ = std::make_unique<relay::Relay>(options, ThePolicy(), *queue_, *line_, *files_, metrics_);
  return true;
}

void Life::Down() {
  relay_.reset();
  queue_.reset();
  sqlite_.reset();
}

/// The site derives the events of its journal's next entry, once more if it does not know whether they are in the queue.
void Life::Append() {
  if (!Up()) return;
  if (appended_ == journal_.size()) journal_.push_back(++made_);
  const auto next = appended_ + 1;
  const auto appended = queue_->Append(EventsOf(journal_[next - 1]), queue::Origin{next}, kNever);
  Note("append", appended);
  if (appended) appended_ = next;
}

void Life::StepRelay(bool flush) {
  if (!Up()) return;
  const auto before = store_.requests();
  const auto did = relay_->Step(flush, kNever);
  Note("relay", did);
  if (did) Mix(*did ? 1 : 0);
  if (store_.requests() - before > kMostRequests) Broken(fmt::format("{} requests in one step", store_.requests() - before));
  if (const auto stopped = relay_->Status().stopped) Broken("the relay has stopped: " + *stopped);
}

/// Of the process, well or badly, or of everything.
void Life::End() {
  ++outcome_.ends;
  if (Chance(33)) return Down();
  Chance(50) ? disk_.Kill() : disk_.PowerCut(random_);
  Down();
  Note("end", outcome_.ends);
}

/// A backup is made, or brought back: with it the site's journal goes back, too, and what comes then is something else.
void Life::SetBack() {
  if (!backup_) {
    if (!Up()) return;
    backup_ = disk_.TakeImage();
    return;
  }
  ++outcome_.ends;
  store_.Arrive();  // a person does this: nothing is on its way for so long
  disk_.SetBack(*backup_);
  Down();
  if (!Planted("wrong-epoch")) ++epoch_;
  appended_ = 0;
  disk_.Mend();
  if (!Up()) return Broken("a disk that was set back cannot be used");
  journal_.resize(appended_);
  backup_.reset();
}

/// Something on the disk is not what was written: one bit of any page, which costs nothing; or a digit of a record becomes another.
/// A page in which a bit was flipped is spared from then on: two wrong bits in a list of records cannot be mended.
void Life::Rot() {
  const auto bytes = disk_.Read(kFile);
  const auto page_of = [](std::size_t at) { return at / 4096; };
  if (bytes && Chance(50)) {
    const auto at = random_() % std::max<std::size_t>(bytes->size(), 1);
    if (at < bytes->size() && rotten_.insert(page_of(at)).second) disk_.Flip(kFile, at, random_() % 8);
    return Note("flip", at);
  }
  constexpr std::string_view kMark = "\"number\":";
  if (!bytes || bytes->find(kMark) == std::string::npos) return;
  auto at = bytes->find(kMark, random_() % bytes->size());
  if (at == std::string::npos) at = bytes->find(kMark);
  at += kMark.size();
  if (const auto [known, fresh] = rotten_.insert(page_of(at)); !fresh && !records_rotten_.contains(*known)) return;
  records_rotten_.insert(page_of(at));
  for (const auto bit : {0U, 1U}) disk_.Flip(kFile, at, bit);
  Note("rot", at);
}

/// Everything is mended, and the site has the time that it needs.
void Life::Finish() {
  disk_.Mend();
  store_.SetDown(false);
  store_.SetFaults(0);
  if (!Up()) return Broken("the site cannot be started");
  Result<bool> did = true;
  for (int steps = 0; steps < 2000 && (steps < 4 || !did || *did); ++steps) did = relay_->Step(true, kNever);
  if (!did) return Broken("the relay does not recover: " + did.error().message);
  if (const auto stopped = relay_->Status().stopped) return Broken("the relay has stopped: " + *stopped);
  for (bool done = false; !done;) {
    const auto scrubbed = sqlite_->Scrub(100);
    if (!scrubbed) return Broken("the queue does not recover: " + scrubbed.error().message);
    done = scrubbed->done;
  }
  const auto depths = queue_->Depths().value();
  for (const auto& depth : depths) {
    if (depth.waiting > 0) Broken(fmt::format("{} events of lane {} never left", depth.waiting, event::LaneName(depth.lane)));
  }
  journal_.resize(std::min<std::size_t>(journal_.size(), appended_));
  outcome_.found = CheckSink(store_.behind(), journal_, made_, AdmittedBy(depths));
  const auto names = store_.behind().List("", "", SIZE_MAX, kNever).value();
  for (const auto& name : names) Note(name, 0);
}

}  // namespace

Outcome Live(std::uint64_t seed) { return Life(seed).Run(); }

}  // namespace edgewise::simulation
