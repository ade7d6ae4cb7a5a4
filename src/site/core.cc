#include "site/core.h"

#include <iterator>

#include "base/log.h"

namespace edgewise::site {
namespace {

constexpr std::size_t kReplayChunk = 5000;  // entries whose effects are put together
// A recovery reads the journal; a disk that stays full would have that done for each request.
constexpr std::chrono::milliseconds kFirstPause{250}, kLongestPause{4000};
constexpr std::chrono::milliseconds kPatience{20};  // of the request that begins a recovery: a small site is done by then
constexpr std::chrono::minutes kSteady{1};
constexpr std::size_t kMostNamed = 4096;    // ids kept until the score log surely has them
constexpr std::size_t kMostHeard = 20'000;  // batches of records kept for a warm-up; one that needs more has not caught up

}  // namespace

Result<std::unique_ptr<Core>> Core::Open(const Site::Options& options, Files& files, queue::Queue& queue) {
  std::unique_ptr<Core> core(new Core(options, files, queue));  // private constructor
  EDGEWISE_ASSIGN(auto parts, core->Build());
  core->Install(std::move(parts));
  return core;
}

Machine::Options Core::MachineOptions() {
  return {options_.rules, options_.program, options_.tables, [this](const Digest& model) { return CardOf(model); }};
}

/// The score log is derived from the journal: one that is damaged holds up nobody.
Result<Core::Parts> Core::Build() {
  auto built = BuildOnce();
  const auto file = options_.folder / "scores.db";
  if (built || built.error().code != Code::kDataLoss || !ScoreLog::IsDamaged(file)) return built;
  EDGEWISE_ASSIGN(const auto aside, ScoreLog::SetAside(file));
  log::Failed("site {}: the score log is damaged; it is kept as {}, and filled again from the journal", options_.name, aside.string());
  return BuildOnce();
}

Result<Core::Parts> Core::BuildOnce() {
  Parts parts;
  EDGEWISE_TRY(files_.MakeDirs(options_.folder));
  EDGEWISE_ASSIGN(parts.journal, Journal::Open(files_, options_.folder / "journal", {}));
  EDGEWISE_ASSIGN(parts.log, ScoreLog::Open(options_.folder / "scores.db"));
  EDGEWISE_ASSIGN(const auto appended, queue_.AppendedThrough());
  EDGEWISE_ASSIGN(const auto applied, parts.log->AppliedThrough());
  EDGEWISE_TRY(parts.journal->SkipBehind(Position{std::max(static_cast<std::uint64_t>(appended), applied)}));
  parts.machine = std::make_unique<Machine>(MachineOptions());
  EDGEWISE_ASSIGN(const auto position, LoadSnapshot(parts));
  EDGEWISE_TRY(Replay(parts, position));
  return parts;
}

void Core::Install(Parts parts) {
  if (!parts.left.empty()) log::Warn("site {}: the queue is full; findings of {} entries wait for room", options_.name, parts.left.size());
  journal_ = std::move(parts.journal);
  log_ = std::move(parts.log);
  machine_ = std::move(parts.machine);
  since_snapshot_ = 0;
  taken_ = static_cast<std::uint64_t>(journal_->last());
  heard_after_.reset();
  named_.clear();  // all that is in the journal is in the score log now
  ++life_;
  settled_ = parts.left.empty() ? machine_->now().ms : 0;
  committer_ = std::make_unique<Committer>(Committer::Parts{.journal = *journal_,
                                                            .queue = queue_,
                                                            .log = *log_,
                                                            .files = files_,
                                                            .snapshot = options_.folder / "snapshot.bin",
                                                            .settled = [this](EventTime clock) { settled_ = clock.ms; }},
                                           std::move(parts.left), machine_->now());
}

/// The position of the snapshot that was loaded; 0 without a usable one: then the whole journal is replayed.
Result<std::uint64_t> Core::LoadSnapshot(Parts& parts) {
  const auto bytes = files_.Read(options_.folder / "snapshot.bin");
  if (!bytes) return bytes.error().code == Code::kNotFound ? Result<std::uint64_t>(0) : std::unexpected(bytes.error());
  auto snapshot = DecodeSnapshot(*bytes);
  if (snapshot && snapshot->position > static_cast<std::uint64_t>(parts.journal->last())) {
    return Fail(
        Code::kDataLoss,
        "the snapshot is ahead of the journal: journal files are missing; bring them back, or remove the site's folder to start over");
  }
  EDGEWISE_ASSIGN(const auto logged, parts.log->AppliedThrough());
  if (snapshot && logged < snapshot->position) {
    log::Warn("site {}: the score log was lost or set back; it is filled again from the journal", options_.name);
    return 0;
  }
  if (snapshot) {
    if (const auto loaded = parts.machine->Load(snapshot->machine); loaded) return snapshot->position;
    parts.machine = std::make_unique<Machine>(MachineOptions());
  }
  log::Warn("site {}: the snapshot is not usable; rebuilding from the journal", options_.name);
  return 0;
}

Result<void> Core::Replay(Parts& parts, std::uint64_t after) {
  LeftEffects chunk;
  std::uint64_t outdated = 0;
  const auto put = [&]() -> Result<void> {
    std::vector<std::pair<std::uint64_t, const Effects*>> effects;
    for (const auto& [position, some] : chunk) effects.emplace_back(position, &some);
    const auto done = parts.left.empty() ? PutEffects(effects, queue_, *parts.log) : Result<void>();
    if (!done && done.error().code != Code::kResourceExhausted) return done;
    if (!done || !parts.left.empty()) std::ranges::move(chunk, std::back_inserter(parts.left));  // the site starts all the same
    chunk.clear();
    return {};
  };
  const auto apply = [&](Position position, std::string_view bytes) -> Result<void> {
    EDGEWISE_ASSIGN(const auto entry, Decode(bytes));
    Effects effects;
    if (!parts.machine->Apply(entry, effects)) ++outdated;
    chunk.emplace_back(static_cast<std::uint64_t>(position), std::move(effects));
    return chunk.size() < kReplayChunk ? Result<void>() : put();
  };
  EDGEWISE_TRY(parts.journal->Replay(Position{after}, apply));
  if (outdated += parts.machine->outdated(); outdated > 0)
    log::Warn("site {}: {} journaled records do not fit the streams as they are declared now; they are passed over", options_.name,
              outdated);
  return put();
}

void Core::Take(const Entry& entry, std::function<void(Result<void>)> done) {
  Change change{.entry = Encode(entry), .effects = {}, .done = std::move(done), .clock = {}};
  if (change.entry.size() > kMaxEntry) return change.done(Fail(Code::kInvalidArgument, "the request is too large to be kept"));
  if (auto applied = machine_->Apply(entry, change.effects); !applied) return change.done(std::move(applied));
  change.clock = machine_->now();
  committer_->Add(std::move(change));
  Hear(entry);
  if (++since_snapshot_ >= options_.snapshot_every) Snapshot();
}

void Core::AfterAll(std::function<void(Result<void>)> done) {
  committer_->Add({.entry = {}, .effects = {}, .done = std::move(done), .clock = machine_->now()});
}

void Core::Snapshot() {
  if (!committer_) return;  // a recovery is under way
  committer_->AddSnapshot(machine_->Save());
  since_snapshot_ = 0;
}

/// Keeps what the warm-up that listens needs: records alone, but every entry has a position.
void Core::Hear(const Entry& entry) {
  ++taken_;
  if (!heard_after_) return;
  const auto* records = std::get_if<RecordsEntry>(&entry);
  heard_.push_back(records == nullptr ? RecordsEntry() : *records);
  if (heard_.size() > kMostHeard) heard_after_.reset();
}

Result<void> Core::Drain(Deadline deadline) {
  return committer_ ? committer_->Drain(deadline) : Fail(Code::kUnavailable, "the site's disk failed; it is tried again");
}

Result<std::optional<ScoredRow>> Core::FindNamed(const LineageId& row) {
  if (named_.contains(row)) EDGEWISE_TRY(Drain(Deadline::After(std::chrono::seconds(10))));
  if (!named_log_) {
    EDGEWISE_ASSIGN(named_log_, ScoreLog::OpenForReading(options_.folder / "scores.db"));
  }
  return named_log_->Find(row);
}

Result<void> Core::Name(const LineageId& row) {
  if (named_.size() >= kMostNamed) {
    EDGEWISE_TRY(Drain(Deadline::After(std::chrono::seconds(10))));
    named_.clear();
  }
  named_.insert(row);
  return {};
}

Result<std::unique_ptr<WarmUp>> Core::BeginWarmUp(const feature::Program& program) {
  if (!committer_ || committer_->broken()) return Fail(Code::kUnavailable, "the site's disk failed; it is tried again");
  auto fresh = machine_->features().Missing(program);
  if (fresh.operators() == 0) return nullptr;
  return std::make_unique<WarmUp>(WarmUp::Source{files_, options_.folder / "journal", options_.program, life_}, std::move(fresh));
}

Result<void> Core::Listen() {
  EDGEWISE_TRY(Drain(Deadline::After(std::chrono::minutes(1))));
  heard_.clear();
  heard_after_ = taken_;
  return {};
}

Result<void> Core::Adopt(WarmUp&& warm_up) {
  if (!committer_ || committer_->broken()) return Fail(Code::kAborted, "the site's disk failed meanwhile; the new features begin again");
  const auto heard_after = std::exchange(heard_after_, std::nullopt);
  const auto heard = std::exchange(heard_, {});
  if (!heard_after || warm_up.learned() < *heard_after || warm_up.core_life() != life_) {
    return Fail(Code::kAborted, "the site went on faster than the new features learned; they begin again");
  }
  for (std::size_t i = warm_up.learned() - *heard_after; i < heard.size(); ++i)
    EDGEWISE_TRY(warm_up.Learn(heard[i].stream, heard[i].lines));
  machine_->features().Adopt(std::move(warm_up.state()));
  Snapshot();  // so that a restart need not learn it again
  return {};
}

Result<void> Core::Warm(const feature::Program& program) {
  EDGEWISE_ASSIGN(const auto warm_up, BeginWarmUp(program));
  if (!warm_up) return {};
  EDGEWISE_TRY(Listen());
  EDGEWISE_TRY(warm_up->CatchUp());
  return Adopt(std::move(*warm_up));
}

Result<void> Core::RecoverIfBroken() {
  if (committer_) {
    const auto broken = committer_->broken();
    if (!broken) return {};
    failure_ = broken;
  }
  if (!recovery_.valid()) {
    if (std::chrono::steady_clock::now() < next_try_ && failure_) return std::unexpected(*failure_);
    BeginRecovery();
    recovery_.wait_for(kPatience);
  }
  if (recovery_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::unexpected(*failure_);
  auto built = recovery_.get();
  if (!built) return std::unexpected(*(failure_ = std::move(built.error())));
  Install(*std::move(built));
  log::Info("site {}: writing again", options_.name);
  return {};
}

void Core::BeginRecovery() {
  const auto now = std::chrono::steady_clock::now();
  pause_ = now - next_try_ > kSteady ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  next_try_ = now + pause_;
  named_log_.reset();
  // The old ones end there: the committer may wait for the disk once more, and a journal has one writer.
  auto build = [this, journal = std::move(journal_), log = std::move(log_), committer = std::move(committer_)]() mutable {
    committer.reset();
    log.reset();
    journal.reset();
    return Build();
  };
  recovery_ = std::async(std::launch::async, std::move(build));
}

}  // namespace edgewise::site
