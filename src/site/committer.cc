#include "site/committer.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"

namespace edgewise::site {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kSettleAt = 2000;      // effects in one transaction, about
constexpr milliseconds kSettleAfter{200};    // nobody waits for effects longer than this
constexpr std::size_t kPiece = 512U << 10U;  // bytes of events in one Append, about
constexpr std::size_t kEnvelope = 300;       // of an event beside its data
constexpr std::string_view kSnapshotHead = "edgewise.snapshot.v1\n";

using PlacedEffects = std::span<const std::pair<std::uint64_t, const Effects*>>;

/// In one piece, or, into a queue that is full, as many as fit.
Result<void> Append(PlacedEffects effects, queue::Queue& queue) {
  std::vector<event::Event> events;
  for (const auto& [position, some] : effects) events.insert(events.end(), some->events.begin(), some->events.end());
  if (events.empty()) return {};
  const auto put = queue.Append(events, queue::Origin{effects.back().first}, Deadline::After(std::chrono::seconds(30)));
  if (put) return {};
  if (put.error().code != Code::kResourceExhausted || effects.size() == 1) return std::unexpected(put.error());
  EDGEWISE_TRY(Append(effects.first(effects.size() / 2), queue));
  return Append(effects.subspan(effects.size() / 2), queue);
}

}  // namespace

Committer::Committer(Parts parts, LeftEffects left, EventTime clock)
    : parts_(std::move(parts)), written_(left.empty() ? EventTime() : clock) {
  for (auto& [position, effects] : left) {
    derived_count_ += effects.events.size() + effects.changes.size();
    derived_.push_back({position, std::move(effects), std::nullopt});
  }
  waiting_effects_ = derived_count_;
  thread_ = std::thread([this] { Run(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::Add(Change change) {
  std::unique_lock lock(mutex_);
  if (broken_) {
    const Error error = *broken_;
    lock.unlock();
    if (change.done) change.done(std::unexpected(error));
    return;
  }
  pending_.push_back({.change = std::move(change), .snapshot = std::nullopt});
  lock.unlock();
  changed_.notify_all();
}

void Committer::AddSnapshot(std::string machine) {
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back({.change = {}, .snapshot = std::move(machine)});
  }
  changed_.notify_all();
}

Result<void> Committer::Drain(Deadline deadline) {
  std::unique_lock lock(mutex_);
  drain_ = true;
  trouble_.reset();
  changed_.notify_all();
  const bool done =
      changed_.wait_for(lock, deadline.Left(), [this] { return broken_ || trouble_ || (pending_.empty() && !busy_ && !drain_); });
  drain_ = false;
  if (broken_) return std::unexpected(*broken_);
  if (trouble_) return std::unexpected(*trouble_);
  if (!done) return Fail(Code::kDeadlineExceeded, "the site's disk did not keep up");
  return {};
}

std::optional<Error> Committer::broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

std::size_t Committer::backlog() const {
  const std::lock_guard lock(mutex_);
  return pending_.size() + in_hand_ + waiting_effects_;
}

/// Writes and syncs a batch, answers it, and keeps its effects for later.
Result<void> Committer::WriteBatch(std::vector<Pending>& batch) {
  std::vector<std::string> entries;
  auto position = static_cast<std::uint64_t>(parts_.journal.last());
  for (auto& pending : batch) {
    if (!pending.change.entry.empty()) {
      entries.push_back(std::move(pending.change.entry));
      ++position;
    }
    pending.position = position;
  }
  if (!entries.empty()) {
    if (const auto written = parts_.journal.Write(entries); !written) return std::unexpected(written.error());
    EDGEWISE_TRY(parts_.journal.Sync());
  }
  for (auto& pending : batch) {
    written_ = std::max(written_, pending.change.clock);
    auto& effects = pending.change.effects;
    derived_count_ += effects.events.size() + effects.changes.size();
    if (pending.snapshot || !effects.events.empty() || !effects.changes.empty()) {
      derived_.push_back({pending.position, std::move(effects), std::move(pending.snapshot)});
    }
    if (pending.change.done) pending.change.done({});
  }
  return {};
}

/// Everything derived so far, up to the next snapshot, in one transaction each; then that snapshot.
Result<void> Committer::Settle() {
  while (!derived_.empty()) {
    const auto snapshot = std::ranges::find_if(derived_, [](const Derived& derived) { return derived.snapshot.has_value(); });
    std::vector<std::pair<std::uint64_t, const Effects*>> effects;
    for (auto i = derived_.begin(); i != snapshot; ++i) effects.emplace_back(i->position, &i->effects);
    EDGEWISE_TRY(PutEffects(effects, parts_.queue, parts_.log));
    if (snapshot == derived_.end()) {
      derived_.clear();
    } else {
      EDGEWISE_TRY(parts_.log.Apply({}, snapshot->position));  // so that a log that was lost is found behind its snapshot
      EDGEWISE_TRY(parts_.files.ReplaceDurably(parts_.snapshot, EncodeSnapshot(snapshot->position, *snapshot->snapshot)));
      derived_.erase(derived_.begin(), snapshot + 1);
    }
  }
  derived_count_ = 0;
  settled_at_ = std::chrono::steady_clock::now();
  return {};
}

void Committer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto ready = [this] { return stop_ || drain_ || !pending_.empty(); };
    if (derived_.empty()) {
      changed_.wait(lock, ready);
    } else {
      changed_.wait_for(lock, kSettleAfter, ready);
    }
    std::vector<Pending> batch = std::exchange(pending_, {});
    const bool all = stop_ || drain_;
    if (stop_ && batch.empty() && (derived_.empty() || trouble_)) return;
    busy_ = true;
    in_hand_ = batch.size();
    lock.unlock();
    const auto written = broken_ ? Result<void>(std::unexpected(*broken_)) : WriteBatch(batch);
    if (!written) {
      for (auto& pending : batch) {
        if (pending.change.done) pending.change.done(written);
      }
    }
    const bool due = all || derived_count_ >= kSettleAt || std::chrono::steady_clock::now() - settled_at_ >= kSettleAfter;
    const auto settled = due ? Settle() : Result<void>();
    if (derived_.empty() && written_.ms != 0) parts_.settled(written_);
    if (!settled) log::Warn("site: findings wait for the disk: {}", settled.error().message);
    lock.lock();
    busy_ = false;
    in_hand_ = 0;
    waiting_effects_ = derived_count_;
    if (!written) broken_ = written.error();
    if (due) trouble_ = settled ? std::nullopt : std::optional<Error>(settled.error());
    if (all && pending_.empty()) drain_ = false;
    changed_.notify_all();
    if (!settled && !stop_) changed_.wait_for(lock, kSettleAfter, [this] { return stop_; });
  }
}

Result<void> PutEffects(std::span<const std::pair<std::uint64_t, const Effects*>> effects, queue::Queue& queue, ScoreLog& log) {
  if (effects.empty()) return {};
  EDGEWISE_ASSIGN(const auto appended, queue.AppendedThrough());
  EDGEWISE_ASSIGN(const auto applied, log.AppliedThrough());
  std::vector<ScoreChange> changes;
  for (const auto& [position, some] : effects) {
    if (position > applied) changes.insert(changes.end(), some->changes.begin(), some->changes.end());
  }
  if (!changes.empty()) EDGEWISE_TRY(log.Apply(changes, effects.back().first));
  const auto first = std::ranges::find_if(effects, [&](const auto& each) { return each.first > static_cast<std::uint64_t>(appended); });
  return Append({first, effects.end()}, queue);
}

std::string EncodeSnapshot(std::uint64_t position, std::string_view machine) {
  ByteWriter32 body;
  body.Number(position);
  body.Fixed(machine);
  const auto bytes = body.Take();
  return std::string(kSnapshotHead) + Digest::Of(bytes).Hex() + bytes;
}

Result<Snapshot> DecodeSnapshot(std::string_view bytes) {
  constexpr std::size_t kHex = 64;
  if (!bytes.starts_with(kSnapshotHead))
    return Fail(Code::kFailedPrecondition, "snapshot: not of this version; it is rebuilt from the journal");
  bytes.remove_prefix(kSnapshotHead.size());
  if (bytes.size() < kHex + sizeof(std::uint64_t) || Digest::Of(bytes.substr(kHex)).Hex() != bytes.substr(0, kHex)) {
    return Fail(Code::kDataLoss, "snapshot: damaged; it is rebuilt from the journal");
  }
  ByteReader32 in(bytes.substr(kHex));
  Snapshot snapshot;
  snapshot.position = in.Number<std::uint64_t>();
  snapshot.machine = bytes.substr(kHex + sizeof(std::uint64_t));
  return snapshot;
}

}  // namespace edgewise::site
